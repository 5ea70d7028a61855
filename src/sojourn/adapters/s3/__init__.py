"""Buckets of Amazon S3 and of what speaks like it: MinIO, R2, B2 and others."""
