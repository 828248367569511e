import { describe, expect, it } from 'vitest';
import { readChallenge, readCredential, readEnrolmentState, readEvidenceResponse } from '../../src/agent/answers.ts';
import { machine } from './machine.ts';

const UUID = '01890000-0000-7000-8000-000000000001';
const ID = `sha256:${'a'.repeat(64)}`;
const CHALLENGE = {
  nonce: 'A'.repeat(43),
  expiresAt: '2090-01-01T00:00:00Z',
  selection: 'sha256:0-15',
  ak: '000bab',
  rule: 'assay-quote-1',
  logs: { firmware: ID, systemd: ID, ima: { id: ID, entries: 1, bytes: 7 } },
} as const;
const EVIDENCE = {
  result: 'x',
  verdict: 'unproven',
  weakestLink: 'boot',
  nextAttestationSeconds: 5,
  logs: CHALLENGE.logs,
} as const;
const CREDENTIAL = { enrolment: UUID, credential: { idObject: 'AAAA', encryptedSecret: 'AAAA' }, expiresAt: '' };
const STATE = { state: 'enrolled', host: UUID } as const;

const unexpected = expect.objectContaining({ code: 'response.unexpected' });
const read = (reader: (value: never) => unknown, value: object | null) => () => reader(value as never);

describe('an answer as it should be', () => {
  it('is read', () => {
    expect(readChallenge(CHALLENGE)).toMatchObject({
      nonce: new Uint8Array(32),
      nonceText: CHALLENGE.nonce,
      kept: CHALLENGE.logs,
    });
    expect(readChallenge({ ...CHALLENGE, logs: { firmware: null, systemd: null, ima: null } }).kept).toEqual({
      firmware: null,
      systemd: null,
      ima: null,
    });
    expect(readEvidenceResponse(EVIDENCE)).toBe(EVIDENCE);
    expect(readCredential(CREDENTIAL)).toEqual({
      enrolment: UUID,
      idObject: new Uint8Array(3),
      encryptedSecret: new Uint8Array(3),
    });
    expect(readEnrolmentState(STATE)).toEqual(STATE);
    expect(readEnrolmentState({ state: 'pending', host: null }).host).toBeNull();
  });
});

describe('an answer is refused', () => {
  it.each([
    ['without a nonce', { nonce: undefined }],
    ['with a short nonce', { nonce: 'AAAA' }],
    ['with a nonce in another alphabet', { nonce: `${'A'.repeat(42)}+` }],
    ['with spare bits in the nonce', { nonce: `${'A'.repeat(42)}B` }],
    ['with a selection that is none', { selection: 'all' }],
    ['with a selection that is a list', { selection: ['sha256:0'] }],
    ['without an end', { expiresAt: null }],
    ['with a firmware log that is no content id', { logs: { firmware: '../x', ima: null } }],
    [
      'with a runtime list of no length',
      { logs: { firmware: null, systemd: null, ima: { id: ID, entries: 1, bytes: -1 } } },
    ],
    [
      'with a runtime list that is no number long',
      { logs: { firmware: null, systemd: null, ima: { id: ID, entries: 1, bytes: '7' } } },
    ],
  ])('a challenge %s', (_, change) => {
    expect(read(readChallenge, { ...CHALLENGE, ...change })).toThrow(unexpected);
  });

  it.each([
    ['a verdict there is not', readEvidenceResponse, { ...EVIDENCE, verdict: 'fine' }],
    ['a weakest link of many lines', readEvidenceResponse, { ...EVIDENCE, weakestLink: 'a\nb' }],
    ['no time of the next attestation', readEvidenceResponse, { ...EVIDENCE, nextAttestationSeconds: null }],
    ['an enrolment that is no id', readCredential, { ...CREDENTIAL, enrolment: '../../x' }],
    ['no credential', readCredential, { enrolment: UUID }],
    [
      'a credential that is no base64url',
      readCredential,
      { ...CREDENTIAL, credential: { idObject: '=', encryptedSecret: 'A' } },
    ],
    ['a host that is no id', readEnrolmentState, { state: 'enrolled', host: 'x' }],
    ['no state', readEnrolmentState, {}],
    ['no object', readEnrolmentState, null],
    ['no object', readChallenge, null],
  ] as const)('%s', (_, reader, value) => {
    expect(read(reader, value)).toThrow(unexpected);
  });

  it.each(['challenge', 'evidence', 'enrol', 'activate'])('and the agent tries again: %s', async (to) => {
    const there = machine();
    there.verifier.answerNext(to, { status: 200, body: {} });
    const { runUntil } = await there.start();
    expect(await runUntil(1)).toBeNull();
    expect(there.events.find(({ event }) => event === 'not-attested')!.fields).toMatchObject({
      code: 'response.unexpected',
    });
    expect(there.told('attested')).toBe(1);
  });
});
