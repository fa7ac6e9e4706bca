ALTER TABLE reviews ADD CONSTRAINT long_reviews CHECK (length(text) >= 20) NOT VALID;
