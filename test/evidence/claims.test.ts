import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { toHex } from '../../src/bytes/text.ts';
import { boundExtraData, claimsFromJson, hintsId } from '../../src/evidence/claims.ts';

const hints = new Map([
  ['b', 'two'],
  ['a', 'one'],
]);
const claims = claimsFromJson({
  imaLog: 20,
  bootId: '0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0',
  hostKey: null,
  guests: [],
  hints: hintsId(hints),
  firmwareLog: 10,
  systemdLog: 30,
});
const nonce = new Uint8Array(32).fill(7);
const sha256 = (...parts: readonly (string | Uint8Array)[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

it('extraData is over the rule, the nonce and the claims in canonical form', () => {
  const canonical =
    '{"bootId":"0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0","firmwareLog":10,"guests":[],' +
    `"hints":"sha256:${sha256('{"a":"one","b":"two"}').toString('hex')}","hostKey":null,"imaLog":20,"systemdLog":30}`;
  expect(toHex(boundExtraData(nonce, claims))).toBe(sha256('assay-quote-1', nonce, sha256(canonical)).toString('hex'));
});

it('another claim or nonce gives other bytes', () => {
  const usual = toHex(boundExtraData(nonce, claims));
  expect(toHex(boundExtraData(nonce, { ...claims, imaLog: 21 }))).not.toBe(usual);
  expect(toHex(boundExtraData(new Uint8Array(32), claims))).not.toBe(usual);
});
