from tests.sync.site import assert_exact, Site
def test_a(site: Site):
    import time; t=time.time()
    run = site.run()
    print(run.status, run.read, run.created, run.message, time.time()-t, site.tasks())
    print(len(site.erp.log()), len(site.crm.log()))
    assert_exact(site)
def test_b(site: Site):
    pass
def test_c(transactional_db):
    pass
