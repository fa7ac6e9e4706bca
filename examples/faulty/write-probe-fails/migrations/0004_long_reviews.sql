CREATE FUNCTION refuse_short_reviews() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF length(new.text) < 20 THEN
    RAISE EXCEPTION 'a review needs at least 20 letters';
  END IF;
  RETURN new;
END
$$;

CREATE TRIGGER refuse_short_reviews BEFORE INSERT ON reviews
  FOR EACH ROW EXECUTE FUNCTION refuse_short_reviews();
