-- The zones of an empty store, as all revisions leave it. Written by tools/schema.
CREATE TABLE tenure_zone_schema (
  version_num VARCHAR(32) NOT NULL,
  CONSTRAINT tenure_zone_schema_pkc PRIMARY KEY (version_num)
);

CREATE TABLE record (
  zone_id INTEGER NOT NULL,
  name_key BLOB NOT NULL,
  rtype INTEGER NOT NULL,
  rdata BLOB NOT NULL,
  long_rdata BLOB,
  ttl BIGINT NOT NULL,
  origin TEXT NOT NULL,
  stamp BIGINT NOT NULL, ends_at BIGINT,
  PRIMARY KEY (zone_id, name_key, rtype, rdata)
) WITHOUT ROWID;

CREATE TABLE zone_event (
  id INTEGER NOT NULL,
  at DOUBLE NOT NULL,
  kind TEXT NOT NULL,
  actor TEXT NOT NULL,
  cause TEXT NOT NULL,
  correlation TEXT NOT NULL,
  address BLOB,
  name BLOB,
  client BLOB,
  hardware BLOB,
  detail TEXT NOT NULL,
  PRIMARY KEY (id)
);

CREATE TABLE journal (
  id INTEGER NOT NULL,
  zone_id INTEGER NOT NULL,
  from_serial BIGINT NOT NULL,
  at DOUBLE NOT NULL,
  change BLOB NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX journal_serial ON journal (zone_id, from_serial);

CREATE TABLE zone_event_subject (
  subject BLOB NOT NULL,
  event_id BIGINT NOT NULL,
  PRIMARY KEY (subject, event_id)
) WITHOUT ROWID;

CREATE TABLE zone_event_indexed (
  id INTEGER NOT NULL,
  last_id BIGINT NOT NULL,
  PRIMARY KEY (id)
);

CREATE TABLE server_secret (
  purpose TEXT NOT NULL,
  secret BLOB NOT NULL,
  PRIMARY KEY (purpose)
);

CREATE INDEX record_end ON record (ends_at) WHERE ends_at is not null;

CREATE TABLE secondary_zone (
  zone_id INTEGER NOT NULL,
  server TEXT NOT NULL,
  refreshed_at DOUBLE,
  expires_at DOUBLE,
  next_at DOUBLE NOT NULL,
  failures INTEGER NOT NULL,
  error TEXT NOT NULL,
  notified_at DOUBLE NOT NULL,
  PRIMARY KEY (zone_id)
);

CREATE TABLE "zone" (
  id INTEGER NOT NULL,
  name BLOB NOT NULL,
  soa_ttl BIGINT NOT NULL,
  soa_rdata BLOB NOT NULL,
  "view" TEXT NOT NULL, has_owners BOOLEAN DEFAULT 0 NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT zone_name_view UNIQUE (name, "view")
);

CREATE TABLE zone_aging (
  zone_id INTEGER NOT NULL,
  since_at DOUBLE NOT NULL,
  seen_at DOUBLE NOT NULL,
  no_refresh BIGINT NOT NULL,
  refresh BIGINT NOT NULL,
  passed_at DOUBLE,
  PRIMARY KEY (zone_id)
);

CREATE TABLE scavenged (
  id INTEGER NOT NULL,
  zone_id INTEGER NOT NULL,
  at DOUBLE NOT NULL,
  correlation TEXT NOT NULL,
  name_key BLOB NOT NULL,
  rtype INTEGER NOT NULL,
  rdata BLOB NOT NULL,
  ttl BIGINT NOT NULL,
  origin TEXT NOT NULL,
  stamp BIGINT NOT NULL,
  ends_at BIGINT, owner TEXT, owner_since_at BIGINT, owner_wrote_at BIGINT,
  PRIMARY KEY (id)
);

CREATE INDEX scavenged_name ON scavenged (zone_id, name_key);

CREATE INDEX scavenged_at ON scavenged (at);

CREATE TABLE name_owner (
  zone_id INTEGER NOT NULL,
  name_key BLOB NOT NULL,
  owner TEXT NOT NULL,
  since_at BIGINT NOT NULL,
  wrote_at BIGINT NOT NULL,
  PRIMARY KEY (zone_id, name_key)
) WITHOUT ROWID;

CREATE INDEX name_owner_owner ON name_owner (zone_id, owner);

CREATE TABLE asked_name (
  zone_id INTEGER NOT NULL,
  name_key BLOB NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (zone_id, name_key)
) WITHOUT ROWID;

CREATE INDEX asked_name_at ON asked_name (at);

INSERT INTO tenure_zone_schema (version_num) VALUES ('10');
