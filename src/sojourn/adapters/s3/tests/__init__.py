"""Tests of the S3 adapter."""
