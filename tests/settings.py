"""The shipped settings with the environment of a test machine; nothing else differs."""

import os
import tempfile

os.environ.setdefault("SECRET_KEY", "tests only: " + "0123456789abcdef" * 4)
os.environ.setdefault("FERNET_KEYS", "tests only, current,tests only, previous")
os.environ.setdefault("HTTPS", "false")
os.environ.setdefault("ALLOWED_PRIVATE_NETWORKS", "127.0.0.0/8")
os.environ.setdefault("ALLOWED_HOSTS", "localhost,127.0.0.1,testserver")
os.environ.setdefault("LOG_LEVEL", "WARNING")
os.environ.setdefault("LOG_FORMAT", "console")
os.environ.setdefault("ENV_FILE", os.devnull)
os.environ.setdefault("EMAIL_URL", "memorymail://")
os.environ.setdefault("DATA_DIR", tempfile.mkdtemp(prefix="mlconnector-tests-"))

from mlconnector.settings import *  # noqa: F403

# A file, as in production: threads and worker processes are to meet in it.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}  # noqa: F405
    # A killed process loses nothing by it, and no test takes the machine's power away.
    DATABASES["default"]["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"  # noqa: F405

# Hashed names need a collectstatic that no test should wait for.
STORAGES["staticfiles"] = {  # noqa: F405
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# WhiteNoise warns, and warnings are errors here, when there is no such folder.
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # noqa: F405
