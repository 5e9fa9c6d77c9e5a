CREATE TABLE "attempt" (
	"lane" text PRIMARY KEY NOT NULL,
	"failures" integer NOT NULL,
	"window_started_at" timestamp with time zone NOT NULL,
	"consecutive" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "audit" (
	"chain" text NOT NULL,
	"seq" bigint NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"action" text NOT NULL,
	"result" text NOT NULL,
	"actor_kind" text NOT NULL,
	"actor_id" text,
	"subject" text,
	"detail" jsonb NOT NULL,
	"personal" jsonb,
	"commitments" jsonb NOT NULL,
	"previous_hash" text NOT NULL,
	"hash" text NOT NULL,
	CONSTRAINT "audit_chain_at_seq_pk" PRIMARY KEY("chain","at","seq")
) PARTITION BY RANGE ("at");
--> statement-breakpoint
CREATE TABLE "audit_head" (
	"chain" text PRIMARY KEY NOT NULL,
	"seq" bigint NOT NULL,
	"hash" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "clock_shift" (
	"id" smallint PRIMARY KEY DEFAULT 1 NOT NULL,
	"shift_ms" bigint NOT NULL,
	CONSTRAINT "clock_shift_single" CHECK ("clock_shift"."id" = 1)
);
--> statement-breakpoint
CREATE TABLE "credential" (
	"id" uuid PRIMARY KEY NOT NULL,
	"merchant_id" text NOT NULL,
	"kind" text NOT NULL,
	"scheme" text NOT NULL,
	"name" text NOT NULL,
	"state" text NOT NULL,
	"state_changed_at" timestamp with time zone NOT NULL,
	"permissions" text[] NOT NULL,
	"money_out" boolean DEFAULT false NOT NULL,
	"all_wallets" boolean DEFAULT true NOT NULL,
	"expires_at" timestamp with time zone,
	"revision" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"created_by" uuid,
	CONSTRAINT "credential_tenant" UNIQUE("merchant_id","id")
);
--> statement-breakpoint
CREATE TABLE "device" (
	"digest" text PRIMARY KEY NOT NULL,
	"person_id" uuid NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "factor" (
	"id" uuid PRIMARY KEY NOT NULL,
	"person_id" uuid NOT NULL,
	"purpose" text NOT NULL,
	"state" text NOT NULL,
	"sealed" "bytea" NOT NULL,
	"sealing_key_id" text NOT NULL,
	"last_step" bigint DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"pending_until" timestamp with time zone NOT NULL,
	"enrolled_at" timestamp with time zone,
	"usable_from" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "gate_change" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"xid" "xid8" DEFAULT pg_current_xact_id() NOT NULL,
	"merchant_id" text NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "gateway_credential" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"digest" text NOT NULL,
	"scopes" text[] NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	"last_used_at" timestamp with time zone,
	CONSTRAINT "gateway_credential_digest_unique" UNIQUE("digest")
);
--> statement-breakpoint
CREATE TABLE "generation" (
	"id" uuid PRIMARY KEY NOT NULL,
	"merchant_id" text NOT NULL,
	"kind" text NOT NULL,
	"credential_id" uuid,
	"scheme" text NOT NULL,
	"public_id" text,
	"digest" text,
	"sealed" "bytea",
	"sealing_key_id" text,
	"fingerprint" text NOT NULL,
	"reason" text NOT NULL,
	"overlap" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"created_by" uuid NOT NULL,
	"pending_until" timestamp with time zone NOT NULL,
	"first_used_at" timestamp with time zone,
	"acknowledged_at" timestamp with time zone,
	"confirmed_by" uuid,
	"activated_at" timestamp with time zone,
	"retires_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	"revoked_by" uuid,
	"discarded_at" timestamp with time zone,
	"discarded_by" uuid,
	"unconfirmed_told_at" timestamp with time zone,
	CONSTRAINT "generation_public_id_unique" UNIQUE("public_id"),
	CONSTRAINT "generation_one_secret" CHECK (case when "generation"."scheme" = 'token' then "generation"."digest" is not null and "generation"."sealed" is null
           else "generation"."digest" is null and ("generation"."sealed" is not null or "generation"."discarded_at" is not null) end),
	CONSTRAINT "generation_owner" CHECK (("generation"."kind" = 'credential') = ("generation"."credential_id" is not null))
);
--> statement-breakpoint
CREATE TABLE "heartbeat" (
	"name" text PRIMARY KEY NOT NULL,
	"at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "installation" (
	"id" smallint PRIMARY KEY DEFAULT 1 NOT NULL,
	"demo" boolean NOT NULL,
	"environment" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "installation_single" CHECK ("installation"."id" = 1)
);
--> statement-breakpoint
CREATE TABLE "mail" (
	"id" uuid PRIMARY KEY NOT NULL,
	"merchant_id" text,
	"recipient" text NOT NULL,
	"template" text NOT NULL,
	"values" jsonb NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"next_at" timestamp with time zone NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"sent_at" timestamp with time zone,
	"last_error" text
);
--> statement-breakpoint
CREATE TABLE "membership" (
	"merchant_id" text NOT NULL,
	"person_id" uuid NOT NULL,
	"role" text NOT NULL,
	"state" text DEFAULT 'active' NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "membership_merchant_id_person_id_pk" PRIMARY KEY("merchant_id","person_id")
);
--> statement-breakpoint
CREATE TABLE "merchant" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"state" text DEFAULT 'pending' NOT NULL,
	"state_reason" text,
	"state_since" timestamp with time zone DEFAULT now() NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "nonce" (
	"merchant_id" text NOT NULL,
	"credential_id" uuid NOT NULL,
	"value" text NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "nonce_merchant_id_credential_id_value_pk" PRIMARY KEY("merchant_id","credential_id","value")
);
--> statement-breakpoint
CREATE TABLE "person" (
	"id" uuid PRIMARY KEY NOT NULL,
	"email" text NOT NULL,
	"name" text NOT NULL,
	"password_hash" text NOT NULL,
	"password_changed_at" timestamp with time zone DEFAULT now() NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "person_email_unique" UNIQUE("email")
);
--> statement-breakpoint
CREATE TABLE "request_log" (
	"at" timestamp with time zone NOT NULL,
	"request_id" text NOT NULL,
	"client_request_id" text,
	"merchant_id" text,
	"credential_id" uuid,
	"generation_id" uuid,
	"public_id" text,
	"scheme" text,
	"method" text NOT NULL,
	"route" text,
	"path" text NOT NULL,
	"address" text NOT NULL,
	"hops" jsonb NOT NULL,
	"user_agent" text,
	"verdict" text NOT NULL,
	"reason" text,
	"proven" boolean NOT NULL,
	"checks" jsonb NOT NULL,
	"status" smallint NOT NULL,
	"duration_ms" integer NOT NULL,
	"clock_skew_ms" bigint,
	"request_bytes" bigint,
	"response_bytes" bigint,
	"body_sha256" text,
	"upstream_status" smallint,
	CONSTRAINT "request_log_at_request_id_pk" PRIMARY KEY("at","request_id")
) PARTITION BY RANGE ("at");
--> statement-breakpoint
CREATE TABLE "sealing_key" (
	"id" text PRIMARY KEY NOT NULL,
	"purpose" text NOT NULL,
	"public_key" text,
	"canary" "bytea" NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"retired_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "session" (
	"id" uuid PRIMARY KEY NOT NULL,
	"digest" text NOT NULL,
	"previous_digest" text,
	"previous_until" timestamp with time zone,
	"person_id" uuid NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"last_seen_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"ended_at" timestamp with time zone,
	"end_reason" text,
	"address" text NOT NULL,
	"user_agent" text NOT NULL,
	CONSTRAINT "session_digest_unique" UNIQUE("digest"),
	CONSTRAINT "session_previous_digest_unique" UNIQUE("previous_digest")
);
--> statement-breakpoint
CREATE TABLE "sign_in" (
	"id" uuid PRIMARY KEY NOT NULL,
	"person_id" uuid,
	"at" timestamp with time zone NOT NULL,
	"address" text NOT NULL,
	"user_agent" text NOT NULL,
	"outcome" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "ticket" (
	"id" uuid PRIMARY KEY NOT NULL,
	"digest" text NOT NULL,
	"session_id" uuid NOT NULL,
	"merchant_id" text,
	"operation" text NOT NULL,
	"params_sha256" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"used_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	CONSTRAINT "ticket_digest_unique" UNIQUE("digest")
);
--> statement-breakpoint
CREATE TABLE "token_key" (
	"id" text PRIMARY KEY NOT NULL,
	"sealed" "bytea" NOT NULL,
	"sealing_key_id" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"retired_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "usage" (
	"generation_id" uuid PRIMARY KEY NOT NULL,
	"merchant_id" text NOT NULL,
	"last_used_at" timestamp with time zone NOT NULL,
	"last_used_from" text NOT NULL,
	"calls" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "wallet" (
	"merchant_id" text NOT NULL,
	"id" text NOT NULL,
	"name" text NOT NULL,
	"currency" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "wallet_merchant_id_id_pk" PRIMARY KEY("merchant_id","id")
);
--> statement-breakpoint
CREATE TABLE "whitelist" (
	"id" uuid PRIMARY KEY NOT NULL,
	"merchant_id" text NOT NULL,
	"credential_id" uuid,
	"state" text DEFAULT 'off' NOT NULL,
	"version" integer DEFAULT 0 NOT NULL,
	"changed_at" timestamp with time zone NOT NULL,
	"changed_by" uuid,
	CONSTRAINT "whitelist_tenant" UNIQUE("merchant_id","id")
);
--> statement-breakpoint
CREATE TABLE "whitelist_entry" (
	"id" uuid PRIMARY KEY NOT NULL,
	"merchant_id" text NOT NULL,
	"whitelist_id" uuid NOT NULL,
	"range" text NOT NULL,
	"note" text DEFAULT '' NOT NULL,
	"added_at" timestamp with time zone NOT NULL,
	"added_by" uuid,
	"expires_at" timestamp with time zone,
	"removed_at" timestamp with time zone,
	"removed_by" uuid
);
--> statement-breakpoint
ALTER TABLE "credential" ADD CONSTRAINT "credential_merchant_id_merchant_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchant"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "credential" ADD CONSTRAINT "credential_created_by_person_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "device" ADD CONSTRAINT "device_person_id_person_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "factor" ADD CONSTRAINT "factor_person_id_person_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "factor" ADD CONSTRAINT "factor_sealing_key_id_sealing_key_id_fk" FOREIGN KEY ("sealing_key_id") REFERENCES "public"."sealing_key"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "generation" ADD CONSTRAINT "generation_sealing_key_id_sealing_key_id_fk" FOREIGN KEY ("sealing_key_id") REFERENCES "public"."sealing_key"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "generation" ADD CONSTRAINT "generation_created_by_person_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "generation" ADD CONSTRAINT "generation_confirmed_by_person_id_fk" FOREIGN KEY ("confirmed_by") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "generation" ADD CONSTRAINT "generation_revoked_by_person_id_fk" FOREIGN KEY ("revoked_by") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "generation" ADD CONSTRAINT "generation_discarded_by_person_id_fk" FOREIGN KEY ("discarded_by") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "generation" ADD CONSTRAINT "generation_merchant_id_credential_id_credential_merchant_id_id_fk" FOREIGN KEY ("merchant_id","credential_id") REFERENCES "public"."credential"("merchant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "mail" ADD CONSTRAINT "mail_merchant_id_merchant_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchant"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "membership" ADD CONSTRAINT "membership_merchant_id_merchant_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchant"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "membership" ADD CONSTRAINT "membership_person_id_person_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "session" ADD CONSTRAINT "session_person_id_person_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_in" ADD CONSTRAINT "sign_in_person_id_person_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ticket" ADD CONSTRAINT "ticket_session_id_session_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."session"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ticket" ADD CONSTRAINT "ticket_merchant_id_merchant_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchant"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "token_key" ADD CONSTRAINT "token_key_sealing_key_id_sealing_key_id_fk" FOREIGN KEY ("sealing_key_id") REFERENCES "public"."sealing_key"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "usage" ADD CONSTRAINT "usage_generation_id_generation_id_fk" FOREIGN KEY ("generation_id") REFERENCES "public"."generation"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "wallet" ADD CONSTRAINT "wallet_merchant_id_merchant_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchant"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "whitelist" ADD CONSTRAINT "whitelist_merchant_id_merchant_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchant"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "whitelist" ADD CONSTRAINT "whitelist_changed_by_person_id_fk" FOREIGN KEY ("changed_by") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "whitelist" ADD CONSTRAINT "whitelist_merchant_id_credential_id_credential_merchant_id_id_fk" FOREIGN KEY ("merchant_id","credential_id") REFERENCES "public"."credential"("merchant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "whitelist_entry" ADD CONSTRAINT "whitelist_entry_added_by_person_id_fk" FOREIGN KEY ("added_by") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "whitelist_entry" ADD CONSTRAINT "whitelist_entry_removed_by_person_id_fk" FOREIGN KEY ("removed_by") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "whitelist_entry" ADD CONSTRAINT "whitelist_entry_merchant_id_whitelist_id_whitelist_merchant_id_id_fk" FOREIGN KEY ("merchant_id","whitelist_id") REFERENCES "public"."whitelist"("merchant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "credential_one_api_user" ON "credential" USING btree ("merchant_id") WHERE "credential"."kind" = 'api_user';--> statement-breakpoint
CREATE INDEX "credential_merchant" ON "credential" USING btree ("merchant_id","created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "factor_one_active" ON "factor" USING btree ("person_id","purpose") WHERE "factor"."state" = 'active';--> statement-breakpoint
CREATE UNIQUE INDEX "factor_one_pending" ON "factor" USING btree ("person_id","purpose") WHERE "factor"."state" = 'pending';--> statement-breakpoint
CREATE INDEX "gate_change_xid" ON "gate_change" USING btree ("xid");--> statement-breakpoint
CREATE UNIQUE INDEX "generation_one_open" ON "generation" USING btree ("merchant_id",coalesce("credential_id"::text, 'callback')) WHERE "generation"."acknowledged_at" is null and "generation"."discarded_at" is null and "generation"."revoked_at" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "generation_one_current" ON "generation" USING btree ("merchant_id",coalesce("credential_id"::text, 'callback')) WHERE "generation"."acknowledged_at" is not null and "generation"."retires_at" is null and "generation"."revoked_at" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "generation_one_retiring" ON "generation" USING btree ("merchant_id",coalesce("credential_id"::text, 'callback')) WHERE "generation"."retires_at" is not null and "generation"."revoked_at" is null;--> statement-breakpoint
CREATE INDEX "generation_credential" ON "generation" USING btree ("merchant_id","credential_id","created_at");--> statement-breakpoint
CREATE INDEX "mail_due" ON "mail" USING btree ("next_at") WHERE "mail"."sent_at" is null;--> statement-breakpoint
CREATE INDEX "membership_person" ON "membership" USING btree ("person_id");--> statement-breakpoint
CREATE UNIQUE INDEX "membership_one_root" ON "membership" USING btree ("merchant_id") WHERE "membership"."role" = 'root' and "membership"."state" = 'active';--> statement-breakpoint
CREATE INDEX "nonce_expiry" ON "nonce" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "request_log_merchant" ON "request_log" USING btree ("merchant_id","at" DESC NULLS LAST,"request_id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "request_log_generation" ON "request_log" USING btree ("merchant_id","generation_id","at" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "request_log_id" ON "request_log" USING btree ("request_id");--> statement-breakpoint
CREATE INDEX "session_person" ON "session" USING btree ("person_id","created_at");--> statement-breakpoint
CREATE INDEX "sign_in_person" ON "sign_in" USING btree ("person_id","at");--> statement-breakpoint
CREATE INDEX "ticket_session" ON "ticket" USING btree ("session_id");--> statement-breakpoint
CREATE UNIQUE INDEX "whitelist_one" ON "whitelist" USING btree ("merchant_id",coalesce("credential_id"::text, 'web'));--> statement-breakpoint
CREATE UNIQUE INDEX "whitelist_entry_once" ON "whitelist_entry" USING btree ("whitelist_id","range") WHERE "whitelist_entry"."removed_at" is null;--> statement-breakpoint
CREATE TABLE "request_log_other" PARTITION OF "request_log" DEFAULT;--> statement-breakpoint
CREATE TABLE "audit_other" PARTITION OF "audit" DEFAULT;--> statement-breakpoint
-- Partitions ahead of time: a week of days for the request log, three months for the audit. Called by migrate and the dispatcher.
CREATE FUNCTION ensure_partitions(from_instant timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE d timestamptz; m timestamptz;
BEGIN
  FOR i IN 0..7 LOOP
    d := date_trunc('day', from_instant, 'UTC') + make_interval(days => i);
    IF to_regclass('request_log_' || to_char(d AT TIME ZONE 'UTC', 'YYYYMMDD')) IS NULL THEN
      BEGIN
        EXECUTE format('CREATE TABLE %I PARTITION OF request_log FOR VALUES FROM (%L) TO (%L)',
          'request_log_' || to_char(d AT TIME ZONE 'UTC', 'YYYYMMDD'), d, d + interval '1 day');
      EXCEPTION WHEN check_violation THEN NULL; -- rows of that day are already in the default partition
      END;
    END IF;
  END LOOP;
  FOR i IN 0..3 LOOP
    m := (date_trunc('month', from_instant AT TIME ZONE 'UTC') + make_interval(months => i)) AT TIME ZONE 'UTC';
    IF to_regclass('audit_' || to_char(m AT TIME ZONE 'UTC', 'YYYYMM')) IS NULL THEN
      BEGIN
        EXECUTE format('CREATE TABLE %I PARTITION OF audit FOR VALUES FROM (%L) TO (%L)',
          'audit_' || to_char(m AT TIME ZONE 'UTC', 'YYYYMM'), m,
          ((m AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC');
      EXCEPTION WHEN check_violation THEN NULL;
      END;
    END IF;
  END LOOP;
END $$;--> statement-breakpoint
-- Everything a gate remembers: a change of any of it is logged and pushed in the same transaction.
CREATE FUNCTION tell_gates() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE m text;
BEGIN
  IF TG_TABLE_NAME = 'merchant' THEN m := coalesce(NEW.id, OLD.id);
  ELSE m := coalesce(NEW.merchant_id, OLD.merchant_id); END IF;
  INSERT INTO gate_change (merchant_id) VALUES (m);
  PERFORM pg_notify('gate_change', m);
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER merchant_tells_gates AFTER INSERT OR UPDATE OR DELETE ON "merchant" FOR EACH ROW EXECUTE FUNCTION tell_gates();--> statement-breakpoint
CREATE TRIGGER credential_tells_gates AFTER INSERT OR UPDATE OR DELETE ON "credential" FOR EACH ROW EXECUTE FUNCTION tell_gates();--> statement-breakpoint
CREATE TRIGGER generation_tells_gates AFTER INSERT OR UPDATE OR DELETE ON "generation" FOR EACH ROW EXECUTE FUNCTION tell_gates();--> statement-breakpoint
CREATE TRIGGER whitelist_tells_gates AFTER INSERT OR UPDATE OR DELETE ON "whitelist" FOR EACH ROW EXECUTE FUNCTION tell_gates();--> statement-breakpoint
CREATE TRIGGER whitelist_entry_tells_gates AFTER INSERT OR UPDATE OR DELETE ON "whitelist_entry" FOR EACH ROW EXECUTE FUNCTION tell_gates();--> statement-breakpoint
CREATE TRIGGER wallet_tells_gates AFTER INSERT OR UPDATE OR DELETE ON "wallet" FOR EACH ROW EXECUTE FUNCTION tell_gates();
