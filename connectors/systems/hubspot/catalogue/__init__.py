"""What an account has besides records: owners, pipelines, custom objects, labels."""
