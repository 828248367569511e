SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
CREATE FUNCTION public.appraisals_no_delete() RETURNS trigger
    LANGUAGE plpgsql
    AS $$begin raise exception 'appraisals: delete is refused'; end$$;
CREATE FUNCTION public.appraisals_no_update() RETURNS trigger
    LANGUAGE plpgsql
    AS $$begin raise exception 'appraisals: update is refused'; end$$;
CREATE FUNCTION public.blobs_no_update() RETURNS trigger
    LANGUAGE plpgsql
    AS $$begin raise exception 'blobs: update is refused'; end$$;
CREATE FUNCTION public.events_no_delete() RETURNS trigger
    LANGUAGE plpgsql
    AS $$begin raise exception 'events: delete is refused'; end$$;
CREATE FUNCTION public.events_no_update() RETURNS trigger
    LANGUAGE plpgsql
    AS $$begin raise exception 'events: update is refused'; end$$;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE public.appraisals (
    id text NOT NULL,
    host_id text NOT NULL,
    at bigint NOT NULL,
    verdict text NOT NULL,
    weakest_link text,
    policy_id text NOT NULL,
    input_id text NOT NULL,
    document_id text NOT NULL,
    token text,
    attested_until_at bigint,
    ak_name text,
    reset_count bigint,
    CONSTRAINT appraisals_verdict CHECK ((verdict = ANY (ARRAY['trusted'::text, 'untrusted'::text, 'unproven'::text])))
);
CREATE TABLE public.blobs (
    id text NOT NULL,
    size bigint NOT NULL,
    encoding text NOT NULL,
    bytes bytea NOT NULL,
    created_at bigint NOT NULL,
    CONSTRAINT blobs_encoding CHECK ((encoding = ANY (ARRAY['identity'::text, 'gzip'::text]))),
    CONSTRAINT blobs_id CHECK (((length(id) = 71) AND (id ~~ 'sha256:%'::text)))
);
CREATE TABLE public.boots (
    host_id text NOT NULL,
    ak_name text NOT NULL,
    reset_count bigint NOT NULL,
    restart_count bigint NOT NULL,
    clock text NOT NULL,
    firmware_version text NOT NULL,
    firmware_log_id text,
    ima_log_id text,
    ima_entries bigint NOT NULL,
    ima_bytes bigint NOT NULL,
    pcr10 text NOT NULL,
    first_seen_at bigint NOT NULL,
    last_seen_at bigint NOT NULL,
    systemd_log_id text
);
CREATE TABLE public.crls (
    crl_id text NOT NULL,
    issuer_sha256 text NOT NULL,
    this_update_at bigint NOT NULL,
    next_update_at bigint,
    added_by text NOT NULL,
    added_at bigint NOT NULL
);
CREATE TABLE public.ek_pins (
    id text NOT NULL,
    kind text NOT NULL,
    value text NOT NULL,
    name text NOT NULL,
    policy text,
    created_by text NOT NULL,
    created_at bigint NOT NULL,
    CONSTRAINT ek_pins_kind CHECK ((kind = ANY (ARRAY['ek-name'::text, 'ek-spki-sha256'::text])))
);
CREATE TABLE public.enrolments (
    id text NOT NULL,
    state text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    secret_sha256 text NOT NULL,
    attempts bigint NOT NULL,
    request_id text NOT NULL,
    ek_name text NOT NULL,
    ek_spki_sha256 text,
    ak_name text NOT NULL,
    host_key_name text,
    genuine text,
    ours text,
    ours_id text,
    name text,
    policy text,
    host_id text,
    decided_by text,
    decided_at bigint,
    reason text,
    CONSTRAINT enrolments_ours CHECK ((ours = ANY (ARRAY['ek-pin'::text, 'join-token'::text, 'approval'::text]))),
    CONSTRAINT enrolments_state CHECK ((state = ANY (ARRAY['challenged'::text, 'pending'::text, 'enrolled'::text, 'refused'::text, 'expired'::text])))
);
CREATE TABLE public.events (
    seq bigint NOT NULL,
    at bigint NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    subject_kind text NOT NULL,
    subject_id text NOT NULL,
    reason text,
    detail text NOT NULL
);
CREATE TABLE public.evidence_parts (
    host_id text NOT NULL,
    nonce text NOT NULL,
    part bigint NOT NULL,
    size bigint NOT NULL,
    bytes bytea NOT NULL,
    expires_at bigint NOT NULL
);
CREATE TABLE public.host_identities (
    kind text NOT NULL,
    value text NOT NULL,
    host_id text NOT NULL,
    state text NOT NULL,
    since_at bigint NOT NULL,
    until_at bigint,
    CONSTRAINT host_identities_kind CHECK ((kind = ANY (ARRAY['ek-name'::text, 'ek-spki-sha256'::text, 'iak-name'::text]))),
    CONSTRAINT host_identities_state CHECK ((state = ANY (ARRAY['active'::text, 'retired'::text])))
);
CREATE TABLE public.host_keys (
    name text NOT NULL,
    host_id text NOT NULL,
    role text NOT NULL,
    public_area_id text NOT NULL,
    parent text NOT NULL,
    activated_at bigint NOT NULL,
    certify_info_id text,
    certify_signature_id text,
    certified_by text,
    retired_at bigint,
    CONSTRAINT host_keys_parent CHECK ((parent = ANY (ARRAY['endorsement'::text, 'ek'::text, 'owner'::text]))),
    CONSTRAINT host_keys_role CHECK ((role = ANY (ARRAY['ak'::text, 'host-key'::text])))
);
CREATE TABLE public.hosts (
    id text NOT NULL,
    name text NOT NULL,
    policy text,
    state text NOT NULL,
    created_at bigint NOT NULL,
    retired_at bigint,
    CONSTRAINT hosts_state CHECK ((state = ANY (ARRAY['pending'::text, 'active'::text, 'retired'::text])))
);
CREATE TABLE public.join_tokens (
    id text NOT NULL,
    sha256 text NOT NULL,
    name text NOT NULL,
    policy text,
    uses bigint NOT NULL,
    max_uses bigint NOT NULL,
    created_by text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    revoked_at bigint,
    CONSTRAINT join_tokens_uses CHECK (((uses >= 0) AND (uses <= max_uses)))
);
CREATE TABLE public.kysely_migration (
    name character varying(255) NOT NULL,
    "timestamp" character varying(255) NOT NULL
);
CREATE TABLE public.kysely_migration_lock (
    id character varying(255) NOT NULL,
    is_locked integer DEFAULT 0 NOT NULL
);
CREATE TABLE public.redeemed_challenges (
    nonce text NOT NULL,
    host_id text,
    redeemed_at bigint NOT NULL,
    expires_at bigint NOT NULL
);
CREATE TABLE public.settings (
    key text NOT NULL,
    value text NOT NULL,
    updated_at bigint NOT NULL
);
CREATE TABLE public.standings (
    host_id text NOT NULL,
    last_appraisal_id text NOT NULL,
    last_verdict text NOT NULL,
    weakest_link text,
    appraised_at bigint NOT NULL,
    attested_until_at bigint,
    ak_name text,
    reset_count bigint,
    voided_at bigint,
    voided_reason text,
    CONSTRAINT standings_last_verdict CHECK ((last_verdict = ANY (ARRAY['trusted'::text, 'untrusted'::text, 'unproven'::text])))
);
CREATE TABLE public.token_uses (
    token_id text NOT NULL,
    last_used_at bigint NOT NULL
);
CREATE TABLE public.tokens (
    id text NOT NULL,
    sha256 text NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    created_by text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    revoked_at bigint,
    CONSTRAINT tokens_role CHECK ((role = ANY (ARRAY['viewer'::text, 'auditor'::text, 'operator'::text, 'admin'::text])))
);
CREATE TABLE public.trust_roots (
    certificate_id text NOT NULL,
    class text NOT NULL,
    name text NOT NULL,
    added_by text NOT NULL,
    added_at bigint NOT NULL,
    removed_by text,
    removed_at bigint,
    CONSTRAINT trust_roots_class CHECK ((class = ANY (ARRAY['discrete'::text, 'firmware'::text, 'virtual'::text, 'lab'::text])))
);
INSERT INTO public.appraisals VALUES ('019ac2a5-7c00-7000-8000-000000000002', '019ac2a5-7c00-7000-8000-000000000001', 1795737600000, 'trusted', NULL, 'sha256:ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73', 'sha256:ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73', 'sha256:ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73', NULL, 1795738500000, '000babababababababababababababababababababababababababababababababab', 7);
INSERT INTO public.blobs VALUES ('sha256:ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73', 7, 'identity', '\x636f6e74656e74', 1795737600000);
INSERT INTO public.blobs VALUES ('sha256:730c4f4932780b8fb57fde6db25adfa064cbe66fd7d54f3fafd330d98d6869fe', 2000, 'gzip', '\x1f8b0800000000000003cbc94f57c819c5a378148fe2513c8a47f190c60084b435e5d0070000', 1795737600000);
INSERT INTO public.boots VALUES ('019ac2a5-7c00-7000-8000-000000000001', '000babababababababababababababababababababababababababababababababab', 7, 0, '18446744073709551615', '2026112700000000001', 'sha256:ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73', 'sha256:ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73', 3, 300, '{}', 1795737600000, 1795737600000, 'sha256:ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73');
INSERT INTO public.crls VALUES ('sha256:ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73', 'cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd', 1795737600000, NULL, 'service', 1795737600000);
INSERT INTO public.ek_pins VALUES ('019ac2a5-7c00-7000-8000-000000000001', 'ek-name', '000babababababababababababababababababababababababababababababababab', 'pin', NULL, 'service', 1795737600000);
INSERT INTO public.enrolments VALUES ('019ac2a5-7c00-7000-8000-000000000001', 'enrolled', 1795737600000, 1795737660000, 'cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd', 1, 'sha256:ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73', '000babababababababababababababababababababababababababababababababab', 'cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd', '000babababababababababababababababababababababababababababababababab', NULL, '{}', 'approval', NULL, 'hypervisor-1', 'kvm-uki', '019ac2a5-7c00-7000-8000-000000000001', 'token:019ac2a5-7c00-7000-8000-000000000003', 1795737600000, 'delivered yesterday');
INSERT INTO public.events VALUES (1, 1795737600000, 'service', 'host.created', 'host', '019ac2a5-7c00-7000-8000-000000000001', NULL, '{"name":"hypervisor-1"}');
INSERT INTO public.evidence_parts VALUES ('019ac2a5-7c00-7000-8000-000000000001', 'cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd', 0, 7, '\x636f6e74656e74', 1795737660000);
INSERT INTO public.host_identities VALUES ('ek-name', '000babababababababababababababababababababababababababababababababab', '019ac2a5-7c00-7000-8000-000000000001', 'active', 1795737600000, NULL);
INSERT INTO public.host_keys VALUES ('000babababababababababababababababababababababababababababababababab', '019ac2a5-7c00-7000-8000-000000000001', 'ak', 'sha256:ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73', 'endorsement', 1795737600000, NULL, NULL, NULL, NULL);
INSERT INTO public.hosts VALUES ('019ac2a5-7c00-7000-8000-000000000001', 'hypervisor-1', 'kvm-uki', 'active', 1795737600000, NULL);
INSERT INTO public.join_tokens VALUES ('019ac2a5-7c00-7000-8000-000000000001', 'cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd', 'rack 3', NULL, 1, 2, 'service', 1795737600000, 1795737660000, NULL);
INSERT INTO public.kysely_migration VALUES ('0001-ground', '2026-11-27T19:49:04.174Z');
INSERT INTO public.kysely_migration VALUES ('0002-evidence-parts', '2026-11-27T19:49:04.177Z');
INSERT INTO public.kysely_migration VALUES ('0003-systemd-log', '2026-11-27T19:49:04.180Z');
INSERT INTO public.kysely_migration_lock VALUES ('migration_lock', 0);
INSERT INTO public.redeemed_challenges VALUES ('cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd', '019ac2a5-7c00-7000-8000-000000000001', 1795737600000, 1795737660000);
INSERT INTO public.settings VALUES ('first-start-at', '1795737600000', 1795737600000);
INSERT INTO public.standings VALUES ('019ac2a5-7c00-7000-8000-000000000001', '019ac2a5-7c00-7000-8000-000000000002', 'trusted', NULL, 1795737600000, 1795738500000, '000babababababababababababababababababababababababababababababababab', 7, NULL, NULL);
INSERT INTO public.token_uses VALUES ('019ac2a5-7c00-7000-8000-000000000003', 1795737600000);
INSERT INTO public.tokens VALUES ('019ac2a5-7c00-7000-8000-000000000003', 'cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd', 'first', 'admin', 'service', 1795737600000, 1795737660000, NULL);
INSERT INTO public.trust_roots VALUES ('sha256:ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73', 'lab', 'root', 'service', 1795737600000, NULL, NULL);
ALTER TABLE ONLY public.appraisals
    ADD CONSTRAINT appraisals_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.blobs
    ADD CONSTRAINT blobs_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.boots
    ADD CONSTRAINT boots_pkey PRIMARY KEY (host_id, ak_name, reset_count);
ALTER TABLE ONLY public.crls
    ADD CONSTRAINT crls_pkey PRIMARY KEY (crl_id);
ALTER TABLE ONLY public.ek_pins
    ADD CONSTRAINT ek_pins_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.ek_pins
    ADD CONSTRAINT ek_pins_value UNIQUE (kind, value);
ALTER TABLE ONLY public.enrolments
    ADD CONSTRAINT enrolments_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (seq);
ALTER TABLE ONLY public.evidence_parts
    ADD CONSTRAINT evidence_parts_pkey PRIMARY KEY (host_id, nonce, part);
ALTER TABLE ONLY public.host_identities
    ADD CONSTRAINT host_identities_pkey PRIMARY KEY (kind, value);
ALTER TABLE ONLY public.host_keys
    ADD CONSTRAINT host_keys_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.hosts
    ADD CONSTRAINT hosts_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.join_tokens
    ADD CONSTRAINT join_tokens_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.join_tokens
    ADD CONSTRAINT join_tokens_sha256_key UNIQUE (sha256);
ALTER TABLE ONLY public.kysely_migration_lock
    ADD CONSTRAINT kysely_migration_lock_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.kysely_migration
    ADD CONSTRAINT kysely_migration_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.redeemed_challenges
    ADD CONSTRAINT redeemed_challenges_pkey PRIMARY KEY (nonce);
ALTER TABLE ONLY public.settings
    ADD CONSTRAINT settings_pkey PRIMARY KEY (key);
ALTER TABLE ONLY public.standings
    ADD CONSTRAINT standings_pkey PRIMARY KEY (host_id);
ALTER TABLE ONLY public.token_uses
    ADD CONSTRAINT token_uses_pkey PRIMARY KEY (token_id);
ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT tokens_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT tokens_sha256_key UNIQUE (sha256);
ALTER TABLE ONLY public.trust_roots
    ADD CONSTRAINT trust_roots_pkey PRIMARY KEY (certificate_id);
CREATE INDEX appraisals_host_id ON public.appraisals USING btree (host_id, id);
CREATE INDEX crls_issuer ON public.crls USING btree (issuer_sha256);
CREATE INDEX enrolments_ek_name ON public.enrolments USING btree (ek_name);
CREATE INDEX enrolments_state_id ON public.enrolments USING btree (state, id);
CREATE INDEX events_subject ON public.events USING btree (subject_kind, subject_id, seq);
CREATE INDEX evidence_parts_expires ON public.evidence_parts USING btree (expires_at);
CREATE INDEX host_identities_host ON public.host_identities USING btree (host_id);
CREATE INDEX host_keys_host ON public.host_keys USING btree (host_id);
CREATE INDEX hosts_name ON public.hosts USING btree (name);
CREATE INDEX redeemed_challenges_expires ON public.redeemed_challenges USING btree (expires_at);
CREATE TRIGGER appraisals_no_delete BEFORE DELETE OR TRUNCATE ON public.appraisals FOR EACH STATEMENT EXECUTE FUNCTION public.appraisals_no_delete();
CREATE TRIGGER appraisals_no_update BEFORE UPDATE ON public.appraisals FOR EACH STATEMENT EXECUTE FUNCTION public.appraisals_no_update();
CREATE TRIGGER blobs_no_update BEFORE UPDATE ON public.blobs FOR EACH STATEMENT EXECUTE FUNCTION public.blobs_no_update();
CREATE TRIGGER events_no_delete BEFORE DELETE OR TRUNCATE ON public.events FOR EACH STATEMENT EXECUTE FUNCTION public.events_no_delete();
CREATE TRIGGER events_no_update BEFORE UPDATE ON public.events FOR EACH STATEMENT EXECUTE FUNCTION public.events_no_update();
ALTER TABLE ONLY public.appraisals
    ADD CONSTRAINT appraisals_document_id_fkey FOREIGN KEY (document_id) REFERENCES public.blobs(id);
ALTER TABLE ONLY public.appraisals
    ADD CONSTRAINT appraisals_host_id_fkey FOREIGN KEY (host_id) REFERENCES public.hosts(id);
ALTER TABLE ONLY public.appraisals
    ADD CONSTRAINT appraisals_input_id_fkey FOREIGN KEY (input_id) REFERENCES public.blobs(id);
ALTER TABLE ONLY public.boots
    ADD CONSTRAINT boots_firmware_log_id_fkey FOREIGN KEY (firmware_log_id) REFERENCES public.blobs(id);
ALTER TABLE ONLY public.boots
    ADD CONSTRAINT boots_host_id_fkey FOREIGN KEY (host_id) REFERENCES public.hosts(id);
ALTER TABLE ONLY public.boots
    ADD CONSTRAINT boots_ima_log_id_fkey FOREIGN KEY (ima_log_id) REFERENCES public.blobs(id);
ALTER TABLE ONLY public.boots
    ADD CONSTRAINT boots_systemd_log_id_fkey FOREIGN KEY (systemd_log_id) REFERENCES public.blobs(id);
ALTER TABLE ONLY public.crls
    ADD CONSTRAINT crls_crl_id_fkey FOREIGN KEY (crl_id) REFERENCES public.blobs(id);
ALTER TABLE ONLY public.enrolments
    ADD CONSTRAINT enrolments_host_id_fkey FOREIGN KEY (host_id) REFERENCES public.hosts(id);
ALTER TABLE ONLY public.enrolments
    ADD CONSTRAINT enrolments_request_id_fkey FOREIGN KEY (request_id) REFERENCES public.blobs(id);
ALTER TABLE ONLY public.evidence_parts
    ADD CONSTRAINT evidence_parts_host_id_fkey FOREIGN KEY (host_id) REFERENCES public.hosts(id);
ALTER TABLE ONLY public.host_identities
    ADD CONSTRAINT host_identities_host_id_fkey FOREIGN KEY (host_id) REFERENCES public.hosts(id);
ALTER TABLE ONLY public.host_keys
    ADD CONSTRAINT host_keys_certify_info_id_fkey FOREIGN KEY (certify_info_id) REFERENCES public.blobs(id);
ALTER TABLE ONLY public.host_keys
    ADD CONSTRAINT host_keys_certify_signature_id_fkey FOREIGN KEY (certify_signature_id) REFERENCES public.blobs(id);
ALTER TABLE ONLY public.host_keys
    ADD CONSTRAINT host_keys_host_id_fkey FOREIGN KEY (host_id) REFERENCES public.hosts(id);
ALTER TABLE ONLY public.host_keys
    ADD CONSTRAINT host_keys_public_area_id_fkey FOREIGN KEY (public_area_id) REFERENCES public.blobs(id);
ALTER TABLE ONLY public.redeemed_challenges
    ADD CONSTRAINT redeemed_challenges_host_id_fkey FOREIGN KEY (host_id) REFERENCES public.hosts(id);
ALTER TABLE ONLY public.standings
    ADD CONSTRAINT standings_host_id_fkey FOREIGN KEY (host_id) REFERENCES public.hosts(id);
ALTER TABLE ONLY public.standings
    ADD CONSTRAINT standings_last_appraisal_id_fkey FOREIGN KEY (last_appraisal_id) REFERENCES public.appraisals(id);
ALTER TABLE ONLY public.token_uses
    ADD CONSTRAINT token_uses_token_id_fkey FOREIGN KEY (token_id) REFERENCES public.tokens(id);
ALTER TABLE ONLY public.trust_roots
    ADD CONSTRAINT trust_roots_certificate_id_fkey FOREIGN KEY (certificate_id) REFERENCES public.blobs(id);
