-- One row per product, as the people in the storehouse see it; they write into it, too.
CREATE VIEW inventory AS
SELECT p.sku, p.name, p.price, coalesce(s.on_hand, 0) AS on_hand
FROM product p LEFT JOIN stock s ON s.product_id = p.id;

CREATE FUNCTION write_inventory() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  item integer;
BEGIN
  INSERT INTO product AS p (sku, name, price) VALUES (NEW.sku, NEW.name, NEW.price)
  ON CONFLICT (sku) DO UPDATE SET name = EXCLUDED.name, price = EXCLUDED.price
  RETURNING p.id INTO item;

  INSERT INTO stock (product_id, on_hand) VALUES (item, coalesce(NEW.on_hand, 0))
  ON CONFLICT (product_id) DO UPDATE SET on_hand = EXCLUDED.on_hand;
  RETURN NEW;
END
$$;

CREATE TRIGGER write_inventory INSTEAD OF INSERT OR UPDATE ON inventory
FOR EACH ROW EXECUTE FUNCTION write_inventory();
