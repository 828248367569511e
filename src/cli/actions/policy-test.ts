/** What `assay policy test` does: the cases of `<policy>.test.yaml`, each an appraisal compared with what it must say. */

import { dirname, resolve } from 'node:path';
import * as z from 'zod/mini';
import { PolicyError, UsageError } from '../../bytes/errors.ts';
import { appraise } from '../../chain/appraise.ts';
import type { Appraisal } from '../../chain/model.ts';
import { LINKS } from '../../checks/model.ts';
import { parseBundle } from '../../evidence/bundle.ts';
import { parseStrictYaml } from '../../policy/document.ts';
import type { ResolvedPolicy } from '../../policy/resolve.ts';
import { parseDocument, Timestamp } from '../../references/schema.ts';
import type { PolicyOptions } from '../commands/policy.ts';
import { readContext } from '../context.ts';
import { EXIT, type ExitCode, type Io } from '../io.ts';
import { readText } from '../input.ts';
import { loadPolicy } from '../load-policy.ts';
import { readChallenge, readPins, readTime } from '../options.ts';

const Case = z.strictObject({
  name: z.string(),
  /** paths are relative to the test file */
  bundle: z.string(),
  /** gives nonce, selection, time and host at once */
  context: z.optional(z.string()),
  nonce: z.optional(z.string()),
  selection: z.optional(z.string()),
  at: z.optional(Timestamp),
  /** attestation key, in place of those the policy's pin set gives to the host of the context */
  ak: z.optional(z.string()),
  expect: z.strictObject({
    verdict: z.enum(['trusted', 'untrusted', 'unproven']),
    weakestLink: z.optional(z.nullable(z.enum(LINKS))),
    links: z.optional(z.partialRecord(z.enum(LINKS), z.enum(['holds', 'broken', 'unproven', 'not-applicable']))),
    /** the codes of all findings, in any order, each once */
    findings: z.optional(z.array(z.string())),
  }),
});
type Case = z.infer<typeof Case>;

const TestFile = z.strictObject({
  schema: z.literal('assay.policy-test/1'),
  cases: z.array(Case).check(z.minLength(1, 'a test file without cases tests nothing')),
});

interface CaseResult {
  readonly policy: string;
  readonly name: string;
  readonly passed: boolean;
  /** what differs, in words */
  readonly differences: readonly string[];
}

/** @throws UsageError, PolicyError (a policy or a test file that cannot be used), EvidenceError (an unreadable bundle) */
export function testPolicies(io: Io, files: readonly string[], options: PolicyOptions): ExitCode {
  const results = files.flatMap((file) => testPolicy(io, file, options));
  if (results.length === 0) {
    throw new UsageError(
      'policy.no-tests',
      'no policy was named, so no test ran',
      'name policies; the tests of POLICY.yaml lie in POLICY.test.yaml beside it',
    );
  }
  const failed = results.filter((result) => !result.passed).length;
  const passed = results.length - failed;
  if (options.json === true) {
    io.out(`${JSON.stringify({ schema: 'assay.policy-test-result/1', passed, failed, cases: results })}\n`);
  } else io.out(`${passed} passed, ${failed} failed\n`);
  return failed === 0 ? EXIT.yes : EXIT.no;
}

function testPolicy(io: Io, file: string, options: PolicyOptions): CaseResult[] {
  // `policies/*.yaml` names the test files too; each is run with its policy.
  if (file.endsWith('.test.yaml')) return [];
  const policy = loadPolicy(file, { catalogue: options.catalogue, env: io.env });
  const testFile = file.replace(/\.ya?ml$/, '.test.yaml');
  const { cases } = readTestFile(testFile);
  return cases.map((testCase) => {
    const differences = compare(judge(testCase, testFile, policy, io), testCase.expect);
    const result = { policy: policy.name, name: testCase.name, passed: differences.length === 0, differences };
    if (options.json !== true) io.out(line(result, io));
    return result;
  });
}

function readTestFile(path: string): z.infer<typeof TestFile> {
  const text = readText(path, 'policy test');
  try {
    return parseDocument(TestFile, parseStrictYaml(text, 'policy test'), 'policy-test.invalid', 'policy test');
  } catch (cause) {
    if (cause instanceof PolicyError) throw new PolicyError(cause.code, `${path}: ${cause.message}`);
    throw cause;
  }
}

function judge(testCase: Case, testFile: string, policy: ResolvedPolicy, io: Io): Appraisal {
  const beside = (path: string): string => resolve(dirname(testFile), path);
  const context = testCase.context === undefined ? undefined : readContext(beside(testCase.context));
  const at = testCase.at ?? context?.at;
  const challenge = readChallenge(testCase.nonce ?? context?.nonce, testCase.selection ?? context?.selection);
  if (challenge === undefined) {
    throw new UsageError(
      'policy-test.nonce',
      `${testFile}: the case ${testCase.name} has no nonce`,
      'give context or nonce',
    );
  }
  return appraise({
    evidence: parseBundle(readText(beside(testCase.bundle), 'bundle')),
    policy,
    pins: readPins(testCase.ak === undefined ? { host: context?.host } : { ak: beside(testCase.ak) }, policy),
    challenge,
    at: at === undefined ? io.now() : readTime(at, 'at'),
  });
}

function compare(appraisal: Appraisal, expect: Case['expect']): string[] {
  const differences: string[] = [];
  const check = (what: string, expected: string | null | undefined, observed: string | null): void => {
    if (expected !== undefined && expected !== observed) {
      differences.push(`${what}: expected ${expected ?? 'none'}, got ${observed ?? 'none'}`);
    }
  };
  check('verdict', expect.verdict, appraisal.verdict);
  check('weakestLink', expect.weakestLink, appraisal.weakestLink);
  for (const { link, status } of appraisal.links) check(`links.${link}`, expect.links?.[link], status);
  const codes = new Set<string>(appraisal.links.flatMap((link) => link.findings.map((finding) => finding.code)));
  check('findings', expect.findings && sorted(expect.findings), sorted(codes));
  return differences;
}

function sorted(codes: Iterable<string>): string {
  return [...new Set(codes)].toSorted().join(', ') || 'none';
}

function line({ policy, name, passed, differences }: CaseResult, { outStyle: { green, red } }: Io): string {
  const mark = passed ? green('ok') : red('not ok');
  return [`${mark}  ${policy}: ${name}`, ...differences.map((text) => `    ${text}`), ''].join('\n');
}
