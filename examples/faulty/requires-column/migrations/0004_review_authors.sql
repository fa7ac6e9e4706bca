ALTER TABLE reviews ADD COLUMN author text;
UPDATE reviews SET author = 'somebody';
ALTER TABLE reviews ALTER COLUMN author SET NOT NULL;
