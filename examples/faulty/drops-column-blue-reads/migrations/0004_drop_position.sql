ALTER TABLE products DROP COLUMN position;
