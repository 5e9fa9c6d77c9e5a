-- What programs may do beyond their rights on tables (db/roles.ts): each of these does one thing, with its owner's rights.

-- The first accepted call of a pending generation: two gates, a Discard and the ten minutes may all race with it.
-- The caller's time counts only near the database's: a clock that was set back stands still for ten minutes at most.
CREATE FUNCTION mark_first_use(of_generation uuid, used_at timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE shift interval := coalesce((SELECT make_interval(secs => shift_ms / 1000.0) FROM clock_shift
                                     WHERE EXISTS (SELECT FROM installation WHERE demo)), interval '0');
BEGIN
  IF used_at NOT BETWEEN clock_timestamp() + shift - interval '11 minutes' AND clock_timestamp() + shift + interval '11 minutes' THEN
    RETURN false;
  END IF;
  UPDATE generation SET first_used_at = used_at
   WHERE id = of_generation AND first_used_at IS NULL AND discarded_at IS NULL AND revoked_at IS NULL
     AND (acknowledged_at IS NOT NULL OR pending_until > used_at);
  RETURN FOUND;
END $$;--> statement-breakpoint
-- A gate proves with each look at the change log that this database still takes commits: one that is read-only, in
-- recovery or cut off from its synchronous standby may lag behind the one where keys are revoked. Never less than it was.
CREATE FUNCTION gate_heartbeat() RETURNS timestamptz
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  INSERT INTO heartbeat (name, at) VALUES ('gate', clock_timestamp())
  ON CONFLICT (name) DO UPDATE SET at = greatest(heartbeat.at, excluded.at) RETURNING at
$$;--> statement-breakpoint
-- The dispatcher's, so that it needs no right to the table: whoever may change it may lock it, and every gate would stop.
CREATE FUNCTION dispatcher_heartbeat() RETURNS timestamptz
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  INSERT INTO heartbeat (name, at) VALUES ('dispatcher', clock_timestamp())
  ON CONFLICT (name) DO UPDATE SET at = greatest(heartbeat.at, excluded.at) RETURNING at
$$;--> statement-breakpoint
-- Gates look at the change log each second, and those that were away for a day know nothing any more.
CREATE FUNCTION forget_gate_changes(older_than timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF older_than > now() - interval '23 hours' THEN RAISE EXCEPTION 'the last day of changes is always kept'; END IF;
  DELETE FROM gate_change WHERE at < older_than;
END $$;--> statement-breakpoint
-- Whole partitions that hold nothing as new as `older_than`, so that nothing is read or rewritten. Whoever calls it
-- can shorten what is kept, but never below a week of requests and ninety days of audit.
CREATE FUNCTION drop_partitions(of_table text, older_than timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO, YMD' AS $$
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
-- What the bounds of a partition mean must not depend on how its caller writes instants.
ALTER FUNCTION ensure_partitions(timestamptz) SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO, YMD';--> statement-breakpoint
-- What programs call: partitions from today on, and no others.
CREATE FUNCTION ensure_next_partitions() RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$ SELECT ensure_partitions(now()) $$;--> statement-breakpoint
-- Whoever may change what gates remember tells them, without a right to the change log itself.
ALTER FUNCTION tell_gates() SECURITY DEFINER SET search_path = public, pg_temp;--> statement-breakpoint
-- For every program but the owner of the table: what has ended stays ended, what was acknowledged or used stays so,
-- an overlap is only ever shortened, and a sealed secret can be erased and never replaced.
CREATE FUNCTION generation_only_ends() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF current_user = (SELECT tableowner FROM pg_tables WHERE schemaname = TG_TABLE_SCHEMA AND tablename = TG_TABLE_NAME) THEN RETURN NEW; END IF;
  IF (OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at)
  OR (OLD.discarded_at IS NOT NULL AND NEW.discarded_at IS DISTINCT FROM OLD.discarded_at)
  OR (OLD.first_used_at IS NOT NULL AND NEW.first_used_at IS DISTINCT FROM OLD.first_used_at)
  OR (OLD.acknowledged_at IS NOT NULL AND NEW.acknowledged_at IS DISTINCT FROM OLD.acknowledged_at)
  OR (OLD.retires_at IS NOT NULL AND (NEW.retires_at IS NULL OR NEW.retires_at > OLD.retires_at))
  OR (NEW.sealed IS NOT NULL AND NEW.sealed IS DISTINCT FROM OLD.sealed) THEN
    RAISE EXCEPTION 'what has ended or was confirmed stays so' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER generation_only_ends BEFORE UPDATE ON "generation" FOR EACH ROW EXECUTE FUNCTION generation_only_ends();--> statement-breakpoint
-- A key that was retired is no longer held by the programs: nothing may be sealed with it again.
CREATE FUNCTION sealing_key_in_use() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE retired timestamptz;
BEGIN
  IF NEW.sealing_key_id IS NULL THEN RETURN NEW; END IF;
  SELECT retired_at INTO retired FROM sealing_key WHERE id = NEW.sealing_key_id FOR KEY SHARE;
  IF retired IS NOT NULL THEN
    RAISE EXCEPTION 'the key % was retired', NEW.sealing_key_id USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER factor_key_in_use BEFORE INSERT OR UPDATE OF sealing_key_id ON "factor" FOR EACH ROW EXECUTE FUNCTION sealing_key_in_use();--> statement-breakpoint
CREATE TRIGGER generation_key_in_use BEFORE INSERT OR UPDATE OF sealing_key_id ON "generation" FOR EACH ROW EXECUTE FUNCTION sealing_key_in_use();--> statement-breakpoint
CREATE TRIGGER token_key_in_use BEFORE INSERT OR UPDATE OF sealing_key_id ON "token_key" FOR EACH ROW EXECUTE FUNCTION sealing_key_in_use();--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION mark_first_use(uuid, timestamptz), gate_heartbeat(), dispatcher_heartbeat(), forget_gate_changes(timestamptz), drop_partitions(text, timestamptz), ensure_partitions(timestamptz), ensure_next_partitions(), tell_gates(), generation_only_ends(), sealing_key_in_use() FROM PUBLIC;
