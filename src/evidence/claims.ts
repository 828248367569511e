/**
 * Claims: what the program on the host says in one answer, bound into the quote's `extraData` together with the nonce. The TPM
 * vouches that they were not changed since it signed; that they are true it cannot know.
 */

import { EvidenceError } from '../bytes/errors.ts';
import { contentId, digest } from '../bytes/hash.ts';
import { canonicalJson, type Json } from '../bytes/json.ts';
import { ByteWriter } from '../bytes/writer.ts';

/** Claims of one answer. Lengths are in bytes, as the logs were when the claims were made. */
export interface Claims {
  /** `/proc/sys/kernel/random/boot_id` */
  readonly bootId: string;
  /** RFC 7638 thumbprint (SHA-256, base64url) of the host's signing key; null when it has none */
  readonly hostKey: string | null;
  /** ids of the guests that run now */
  readonly guests: readonly string[];
  /** content id of the hints in RFC 8785 form */
  readonly hints: string;
  /** the firmware log's length: exact, since firmware logs do not grow after hand-over; null without one */
  readonly firmwareLog: number | null;
  /** the runtime list's length: a lower bound; null without one */
  readonly imaLog: number | null;
  /** the length of systemd's log: a lower bound; null without one */
  readonly systemdLog: number | null;
}

const KEYS = ['bootId', 'hostKey', 'guests', 'hints', 'firmwareLog', 'imaLog', 'systemdLog'] as const;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const THUMBPRINT = /^[A-Za-z0-9_-]{43}$/;
const CONTENT_ID = /^sha256:[0-9a-f]{64}$/;
/** A hypervisor with more guests than this is not one machine. */
const MAX_GUESTS = 4096;

function fail(message: string): never {
  throw new EvidenceError('bundle.invalid', `evidence bundle: ${message}`, { part: 'bundle' });
}

/**
 * Reads claims from parsed JSON.
 * @throws EvidenceError `bundle.invalid`
 */
export function claimsFromJson(value: Json): Claims {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) fail('claims must be an object');
  const fields = value as { readonly [key: string]: Json };
  for (const key of Object.keys(fields)) {
    if (!(KEYS as readonly string[]).includes(key)) fail(`claims has the unknown key ${JSON.stringify(key)}`);
  }
  const { bootId, hostKey, guests, hints } = fields;
  if (typeof bootId !== 'string' || !UUID.test(bootId)) fail('claims.bootId must be a lower-case UUID');
  if (hostKey !== null && (typeof hostKey !== 'string' || !THUMBPRINT.test(hostKey))) {
    fail('claims.hostKey must be a JWK thumbprint or null');
  }
  if (!Array.isArray(guests) || guests.length > MAX_GUESTS)
    fail(`claims.guests must be a list of at most ${MAX_GUESTS}`);
  if (!guests.every((guest) => typeof guest === 'string' && UUID.test(guest)))
    fail('claims.guests must be lower-case UUIDs');
  if (typeof hints !== 'string' || !CONTENT_ID.test(hints)) fail('claims.hints must be sha256:<hex>');
  return {
    bootId,
    hostKey,
    guests: guests as readonly string[],
    hints,
    firmwareLog: length(fields['firmwareLog'], 'firmwareLog'),
    imaLog: length(fields['imaLog'], 'imaLog'),
    systemdLog: length(fields['systemdLog'], 'systemdLog'),
  };
}

function length(value: Json | undefined, key: string): number | null {
  if (value === null) return null;
  return Number.isSafeInteger(value) && (value as number) >= 0
    ? (value as number)
    : fail(`claims.${key} must be a number of bytes or null`);
}

/** The content id by which claims name hints. */
export function hintsId(hints: ReadonlyMap<string, string>): string {
  return contentId(new TextEncoder().encode(canonicalJson(Object.fromEntries(hints))));
}

/** What the native rule puts before the nonce: no other use of an AK signs such bytes. */
const RULE = 'assay-quote-1';

/** `extraData` of a native quote: SHA-256("assay-quote-1" ‖ nonce ‖ SHA-256(claims in RFC 8785 form)). */
export function boundExtraData(nonce: Uint8Array, claims: Claims): Uint8Array {
  const text = new TextEncoder();
  const inner = digest('sha256', text.encode(canonicalJson(claims)));
  return digest('sha256', new ByteWriter().raw(text.encode(RULE)).raw(nonce).raw(inner).bytes());
}
