-- What programs may do beyond their rights on tables (db/roles.ts): each of these does one thing, with its owner's rights.

-- The first accepted call of a pending generation: two gates, a Discard and the ten minutes may all race with it.
CREATE FUNCTION mark_first_use(of_generation uuid, used_at timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE generation SET first_used_at = used_at
   WHERE id = of_generation AND first_used_at IS NULL AND discarded_at IS NULL AND revoked_at IS NULL
     AND (acknowledged_at IS NOT NULL OR pending_until > used_at);
  RETURN FOUND;
END $$;--> statement-breakpoint
-- A gate proves with each look at the change log that this database still takes commits: one that is read-only, in
-- recovery or cut off from its synchronous standby may lag behind the one where keys are revoked.
CREATE FUNCTION gate_heartbeat() RETURNS timestamptz
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  INSERT INTO heartbeat (name, at) VALUES ('gate', clock_timestamp())
  ON CONFLICT (name) DO UPDATE SET at = greatest(heartbeat.at, excluded.at) RETURNING at
$$;--> statement-breakpoint
-- Whole partitions that hold nothing as new as `older_than`, so that nothing is read or rewritten. Whoever calls it
-- can shorten what is kept, but never below a week of requests and ninety days of audit.
CREATE FUNCTION drop_partitions(of_table text, older_than timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  part text; day text; ends timestamptz; dropped integer := 0;
  least interval := CASE of_table WHEN 'request_log' THEN interval '7 days' WHEN 'audit' THEN interval '90 days' END;
BEGIN
  IF least IS NULL THEN RAISE EXCEPTION 'no partitions of % are ever dropped', of_table; END IF;
  IF older_than > now() - least THEN RAISE EXCEPTION 'the last % of % are always kept', least, of_table; END IF;
  FOR part IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = of_table::regclass LOOP
    day := substring(part FROM '_(\d{6,8})$');
    CONTINUE WHEN day IS NULL;
    ends := CASE length(day)
      WHEN 8 THEN (to_date(day, 'YYYYMMDD') + 1)::timestamp AT TIME ZONE 'UTC'
      ELSE (to_date(day, 'YYYYMM') + interval '1 month')::timestamp AT TIME ZONE 'UTC' END;
    IF ends <= older_than THEN
      EXECUTE format('DROP TABLE %I', part);
      dropped := dropped + 1;
    END IF;
  END LOOP;
  RETURN dropped;
END $$;--> statement-breakpoint
ALTER FUNCTION ensure_partitions(timestamptz) SECURITY DEFINER SET search_path = public, pg_temp;--> statement-breakpoint
-- Whoever may change what gates remember tells them, without a right to the change log itself.
ALTER FUNCTION tell_gates() SECURITY DEFINER SET search_path = public, pg_temp;--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION mark_first_use(uuid, timestamptz), gate_heartbeat(), drop_partitions(text, timestamptz), ensure_partitions(timestamptz), tell_gates() FROM PUBLIC;
