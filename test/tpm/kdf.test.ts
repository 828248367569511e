import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/bytes/text.ts';
import { kdfa, kdfe } from '../../src/tpm/kdf.ts';

const range = (from: number, to: number): Uint8Array => Uint8Array.from({ length: to - from }, (_, i) => from + i);
const KEY = range(0, 32);
const U = range(64, 96);
const V = range(96, 100);
const NONE = new Uint8Array(0);

// Expected values computed with the hmac and hashlib modules of Python 3.11.
describe('KDFa', () => {
  it('is HMAC in counter mode over label, zero, contexts and the number of bits', () => {
    expect(toHex(kdfa('sha256', KEY, 'STORAGE', U, NONE, 16))).toBe('3505e4e84b52c2789ad7973162e87d6c');
    expect(toHex(kdfa('sha256', KEY, 'INTEGRITY', NONE, NONE, 32))).toBe(
      'bacf689f634ece301e1f1b15b072d9c87db6a69585db42b1a0cb8f73ebe2692e',
    );
  });

  it('goes on with further blocks', () => {
    expect(toHex(kdfa('sha384', KEY, 'STORAGE', U, V, 100))).toBe(
      '21aa6ed08043498a019f80ec68f034ef32963bb4e60c59ed088b2988dc7a70f2bcbbb543ae189a03e6f22dda976abe5e60cbc43dc245ffbd6a46458f56aecc0be2c5d2c5b690b4a2ad17253ea29e493641fca5a7ae6f03b6d9dd607f5c08fb20ed1892e9',
    );
  });
});

describe('KDFe', () => {
  it('is the hash of counter, shared x, label, zero and both public x', () => {
    expect(toHex(kdfe('sha256', KEY, 'IDENTITY', U, V, 32))).toBe(
      '7229f09cd3d72e65f57f08a8248deda0d40cf1cf791e10b576d664cca37cca65',
    );
  });

  it('goes on with further blocks', () => {
    expect(toHex(kdfe('sha384', KEY, 'IDENTITY', U, V, 100))).toBe(
      '94c81f548eb39f83fc13bcf97fcc57ba5deb3d8df04cbf4b859d906f4d274a26b5dbba545b2e110ce2bdb1502c555c9609f7f25c9c042c4c8f95c760bcfff65633c274753238de355897a022a07db6bfe60b119a4c673364ee7cfdda456b0ccfe380cbd3',
    );
  });
});
