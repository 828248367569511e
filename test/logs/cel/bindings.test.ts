/** What the digest of a record is of. */
import { expect, it, test } from 'vitest';
import { boundText } from '../../../src/logs/cel/bindings.ts';
import { parseCelLog } from '../../../src/logs/cel/parse.ts';
import { celLog, type RecordSpec } from '../../support/cel-builder.ts';

function bound(spec: RecordSpec, bank: 'sha256' | 'sha512' = 'sha256') {
  return boundText(parseCelLog(celLog([spec])).untrusted.records[0]!, bank);
}

test.each(['phase', 'filesystem', 'machine-id', 'nvpcr-init', 'nvpcr-separator', 'os-separator'])(
  'a digest of type %s is of the text',
  (eventType) => {
    expect(bound({ eventType, text: 'a text' })).toEqual({ binding: 'bound', text: 'a text' });
    expect(bound({ eventType, text: 'a text', measured: Buffer.from('another') })).toEqual({
      binding: 'mismatch',
      text: null,
    });
  },
);

test.each([null, 'volume-key', 'imds-userdata', 'keyslot', 'anything'])(
  'one of type %s is not, whatever it is of',
  (eventType) => {
    expect(bound({ eventType, text: 'cryptsetup:root:0f1e' })).toEqual({ binding: 'hint', text: null });
  },
);

test.each<[string, Uint8Array]>([
  ['a b\\\\c\\"\\303\\274', Buffer.from('a b\\c"ü')],
  ["\\a\\b\\f\\n\\r\\t\\v\\'", Buffer.from("\x07\b\f\n\r\t\v'")],
  ['\\000\\377', Buffer.from([0, 255])],
  // Escapes of the words themselves, as systemd has them in the names of file systems.
  ['file-system:/srv/a\\x3ab:ext4', Buffer.from('file-system:/srv/a\\x3ab:ext4')],
  ['\\400 \\08 \\9 \\', Buffer.from('\\400 \\08 \\9 \\')],
  ['\\n\\080 \\0/0', Buffer.from('\n\\080 \\0/0')],
])('the text %s is escaped', (text, measured) => {
  expect(bound({ text, measured })).toMatchObject({ binding: 'bound' });
});

it('a text that was cut is a hint, and none other that ends in dots', () => {
  const word = 'x'.repeat(1100);
  expect(bound({ text: `${word.slice(0, 1024)}...`, measured: Buffer.from(word) }).binding).toBe('hint');
  expect(bound({ text: `${word.slice(0, 1023)}...`, measured: Buffer.from(word) }).binding).toBe('mismatch');
  expect(bound({ text: `${word.slice(0, 1024)}..!`, measured: Buffer.from(word) }).binding).toBe('mismatch');
});

it('a record of an NvPCR, and one without a digest of the bank, extend no PCR of it', () => {
  expect(bound({ nvIndex: 1, text: 'x' }).binding).toBe('not-extended');
  expect(bound({ text: 'x' }, 'sha512').binding).toBe('not-extended');
});
