-- Only adds something; but the version expects it.
ALTER TABLE reviews ADD COLUMN title text;
