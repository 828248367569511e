/** Carries out one attack and says what is wrong with how it ended; nothing, when it was caught as the table says. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EvidenceError, PolicyError } from '../../src/bytes/errors.ts';
import { toHex } from '../../src/bytes/text.ts';
import { appraise } from '../../src/chain/appraise.ts';
import type { Appraisal, AppraisalInput } from '../../src/chain/model.ts';
import { LINKS } from '../../src/checks/model.ts';
import { ROOT, statuses } from '../support/fixtures.ts';
import type { Appraised, Attack, Refused } from './attack.ts';

export function outcome(number: number, attack: Attack): string[] {
  switch (attack.kind) {
    case 'appraised':
      return ofAppraised(attack);
    case 'refused':
      return ofRefused(attack);
    case 'elsewhere': {
      const text = readFileSync(join(ROOT, attack.file), 'utf8');
      return new RegExp(`attack ${number}\\b`).test(text) ? [] : [`${attack.file} names no attack ${number}`];
    }
  }
}

function ofAppraised({ base, attack, caught }: Appraised): string[] {
  const input = base();
  const attacked = attack(input);
  const before = appraise(input);
  const after = appraise(attacked);
  const problems: string[] = [];
  const same = (what: string, expected: unknown, observed: unknown): void => {
    const [one, other] = [JSON.stringify(expected), JSON.stringify(observed)];
    if (one !== other) problems.push(`${what}: expected ${one}, got ${other}`);
  };
  same('the input before the attack', 'trusted', before.verdict);
  if (described(input) === described(attacked)) problems.push('the attack changed nothing');
  if (unprintable(after)) problems.push('a finding shows unprintable text');
  if (caught === 'nothing') {
    same('links', statuses(before), statuses(after));
    same('findings', findings(before), findings(after));
    return problems;
  }
  const { link, status = 'broken', codes } = caught;
  const index = LINKS.indexOf(link);
  same('verdict', status === 'broken' ? 'untrusted' : 'unproven', after.verdict);
  same('weakest link', link, after.weakestLink);
  same('status', status, after.links[index]!.status);
  same('codes', codes.toSorted(), [...new Set(after.links[index]!.findings.map((finding) => finding.code))].toSorted());
  // Exactly that link: those before it are as they were.
  same(
    'links before',
    before.links.slice(0, index).map((one) => one.status),
    after.links.slice(0, index).map((one) => one.status),
  );
  return problems;
}

function findings(appraisal: Appraisal): readonly string[] {
  return appraisal.links.flatMap((link) => link.findings.map(({ code, component }) => `${code} ${component}`));
}

/** Text of a host is made printable once and for all; nothing of it reaches a terminal or a log as it was. */
function unprintable(appraisal: Appraisal): boolean {
  const texts = appraisal.links.flatMap((link) =>
    link.findings.flatMap(({ component, expected, observed }) => [component, expected, observed]),
  );
  return texts.some((text) => /[\p{Cc}\p{Cf}]/u.test(text));
}

/** Everything an appraisal is a function of, but for the random part of a signature over the same bytes. */
function described({ evidence, policy, pins, challenge, prior, at }: AppraisalInput): string {
  const bytes = (value: Uint8Array | undefined): string => (value === undefined ? '' : toHex(value));
  const quotes = evidence.quotes.map(({ attest, pcrs, signature }) => [
    bytes(attest),
    [...pcrs].map(([bank, values]) => [bank, [...values].map(([pcr, value]) => [pcr, bytes(value)])]),
    pins.length === 0 ? bytes(signature) : '',
  ]);
  const { firmwareLog, imaLog, systemdLog } = evidence;
  const logs = [firmwareLog?.id, imaLog?.id, systemdLog?.id, [...evidence.hints]];
  const expected = [
    policy.id,
    pins.map((pin) => [pin.name, bytes(pin.publicArea)]),
    bytes(challenge?.nonce),
    challenge?.selection,
  ];
  return JSON.stringify([bytes(evidence.ak), quotes, logs, expected, prior?.resetCount, String(prior?.clock), at]);
}

/** Code of a row whose attack must end as an error of ours, never as a verdict. */
const OUR_FAULT = 'our own fault';

function ofRefused({ accepted, attack, code }: Refused): string[] {
  accepted();
  try {
    attack();
  } catch (error) {
    if (error instanceof EvidenceError || error instanceof PolicyError) {
      return error.code === code ? [] : [`refused with ${error.code} in place of ${code}: ${error.message}`];
    }
    return code === OUR_FAULT ? [] : [`failed with ${String(error)}`];
  }
  return ['was accepted'];
}
