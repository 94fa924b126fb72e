-- What a customer pays: of an amount, or of a product.

CREATE FUNCTION gross(net numeric, rate numeric DEFAULT 0.20) RETURNS numeric
IMMUTABLE PARALLEL SAFE
RETURN round(net * (1 + rate), 2);

CREATE FUNCTION gross(item product, rate numeric DEFAULT 0.20) RETURNS numeric
STABLE
RETURN gross(item.price, rate);
