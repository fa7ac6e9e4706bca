ALTER TABLE products RENAME COLUMN price_cents TO price;
