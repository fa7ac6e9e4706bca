CREATE TABLE products (
  id text PRIMARY KEY,
  name text NOT NULL,
  price_cents integer NOT NULL CHECK (price_cents > 0),
  position integer NOT NULL
);

INSERT INTO products (id, name, price_cents, position) VALUES
  ('mug', 'Enamel mug', 1200, 1),
  ('tote', 'Canvas tote', 1850, 2),
  ('print', 'Riso print', 2500, 3),
  ('lamp', 'Desk lamp', 4900, 4);
