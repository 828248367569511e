import { expect, it } from 'vitest';
import { hostHints } from '../../src/agent/hints.ts';
import { jsonLine } from '../../src/agent/events.ts';
import { bundleFromJson, bundleToJson } from '../../src/evidence/bundle.ts';
import { hintsId } from '../../src/evidence/claims.ts';

const WORDS = { hostname: 'node-7', kernel: '6.1.0', architecture: 'x86_64', agent: 'assay 0.1.0' };

it('hints are the words of the host, and what is missing when something is', () => {
  expect([...hostHints(WORDS)]).toEqual(Object.entries(WORDS));
  expect(hostHints(WORDS, ['firmware log: a', 'runtime list: b']).get('missing')).toBe(
    'firmware log: a; runtime list: b',
  );
});

it('hints of any length and with broken characters are those a bundle takes', () => {
  const hostname = `${'ä'.repeat(511)}\u{1f600}`;
  const hints = hostHints({ ...WORDS, hostname, kernel: '\ud800x' }, ['x'.repeat(5000)]);
  const read = bundleFromJson(bundleToJson({ quotes: [], hints }));
  expect(hintsId(read.hints)).toBe(hintsId(hints));
  expect(hints.get('kernel')).toBe('\ufffdx');
  // The last character was cut in two.
  expect(hints.get('hostname')).toBe(`${'ä'.repeat(511)}\ufffd`);
});

it('an event is one line, whatever is in it', () => {
  const line = jsonLine('warn', 'not-attested', { message: 'a\nb\u2028c', host: null, retrySeconds: 1 });
  expect(line.trimEnd().split('\n')).toHaveLength(1);
  expect(JSON.parse(line)).toEqual({
    level: 'warn',
    event: 'not-attested',
    message: 'a\nb\u2028c',
    host: null,
    retrySeconds: 1,
  });
});
