ALTER TABLE reviews ALTER COLUMN text TYPE varchar(140);
