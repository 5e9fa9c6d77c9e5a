ALTER TABLE "session" ADD COLUMN "previous_digest" text;--> statement-breakpoint
ALTER TABLE "session" ADD COLUMN "previous_until" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "session" ADD CONSTRAINT "session_previous_digest_unique" UNIQUE("previous_digest");