"""What every other package uses: errors, files, seeds, progress, digests of code, HTTP with retries.

It imports no other package. Everything else imports it.
"""
