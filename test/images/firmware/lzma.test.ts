import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { digestHex } from '../../../src/bytes/hash.ts';
import { decodeLzma } from '../../../src/images/firmware/lzma.ts';
import { evidenceCode } from '../../support/evidence-error.ts';

/** One text of 6728 bytes, compressed by liblzma 5.4 (lc=3 lp=0 pb=2), with its size written into the header as edk2 does. */
const USUAL = Buffer.from(
  'XQAAAQBIGgAAAAAAAAA2GkofCKAmA00Gne/tiSH95XKnJezLhboqsLD8v0MSIjNB3KXwZ1p3MqZfcvcVbcoZyMSU4BIaiWPoIBGg1saPqmO6ir' +
    'FARfglGEWXcjZv+90gL0P7BwPLSH1AugcgRZ/PfXkLSmk2WL/HsF5NNmpvqu384aCMpu91kofd890Dd1SM00EHnLchoI2q0Qu23vfxO63Kmij/' +
    '4vqZKN3yZ9fxb5kkj9oMXzQCqmmO7WgOiJHtXj3Xu1a8WcRV91ZBGKBJPyJBP/H2YueXImFWggXbMB+C6ko7NnanrBUF9EEOEDo6F62hQtV7Q4' +
    'MhXX5tganZiff2RRcsQVVgpazDby/MUrboJMHxfiaJ36A5X2UnfdwtbBpsfQfrFjZQ77/pFasAKoxIL23DE76U9Rr5Nbp/vMg/kk25Gmm4NFU9' +
    'PR+SmEuvoUWuZ+X4daJw4aWdvmlqstCCy4rcr0mzVP+6JwdHWjdANBjkC/wuLXO9B0vUSax91dYHCafrXH5+f2SycRkKG4FfogGi3m4/8Kg6OH' +
    'yy6GPQhhLRkWWmSas708AUATc28w2d3MuFerglMDCBDWcw7Cy1+0dvMOghzz6VQhEPaFbR+0pVA5hb///FGHBa',
  'base64',
);
/** The same text with lc=0 lp=2 pb=0. */
const OTHER_PROPERTIES = Buffer.from(
  'EgAAAQBIGgAAAAAAAAA2Gx0U3xHmA2xIx2AQLd1mcxOM3GSKsdPyHeeAOoUXnTjtgSJrNBLy97B+P/PwAvNPC8E6YzmReOycDLvGg+pHcGofM/' +
    'x7bvPCqozzhRMlijbX/HcBurRPpzyXpmyVm4oFff2/H3P8t1SWMbfIwfVvJx6S7QfriJ7f1p4D5PE2y9YNP2L22oYnkqYA47PNVpMcy9fdhfDx' +
    'S5hhTjZE5ZzAj8CgjfgqxnM0l9g2YcAuO5W0OoQQtkdAHYERkKef0MhYWlmnwsboD+5MCF2x2SgRSmE2TI3BQkRm7ptHTyWyWjE1kOy+ZnHlzu' +
    'wgAI3NWZwBvBrrJDjhJDf9ZqWcnE8kJW0O8j89UeYoYmQuXX42cIdoAzq4/GRC2xnJFKhhdUbbITMsWXqmShRLxl2S8bRk9tefe7eBBrU4aFCT' +
    'eW5Y4qHOEpDiKcUrSTEfOaub/8ahd3tzXWvfs31P30QZI66zob5ZKQLod3Ksw3vx89BOIigezU1Hp7FGJsnj5dFrH1NQtvTBEIKeagus3qDUdA' +
    'h52AnA1y+Wm+sQ+T2YHdd+ITu2P525EOddp02HPA4GCJanUAKKBdcqrY311S0o0j/vkis7FRe6jtgKqTaOESk69czQkkEkuqvbSYQnYehPaZEH' +
    'OYPKt8VVw3qMcd6kWpN+HWoA7Ndn9ALJ+6Zo8Q==',
  'base64',
);
const TEXT_SHA256 = '3ee178aef3f5ac96fdeae3b2b8a6ecd99bd1f4acc270a5ecbb872aa36a373e8b';

function withSize(size: bigint): Buffer {
  const stream = Buffer.from(USUAL);
  stream.writeBigUInt64LE(size, 5);
  return stream;
}

describe('known answers', () => {
  test.each([
    ['usual properties', USUAL],
    ['other properties', OTHER_PROPERTIES],
    ['bytes behind the stream', Buffer.concat([USUAL, Buffer.alloc(100, 0xff)])],
  ])('%s', (_, stream) => {
    const text = decodeLzma(stream, 'test');
    expect(text).toHaveLength(6728);
    expect(digestHex('sha256', text)).toBe(TEXT_SHA256);
  });

  test('a stream of nothing', () => {
    expect(decodeLzma(withSize(0n), 'test')).toHaveLength(0);
  });
});

describe('refused', () => {
  test.each([
    ['no header', Buffer.alloc(12), 'lzma.truncated'],
    ['impossible properties', Buffer.concat([Buffer.from([225]), USUAL.subarray(1)]), 'lzma.header'],
    ['a size that is not stated', withSize(0xffffffffffffffffn), 'lzma.too-large'],
    ['a size beyond any firmware', withSize(1n << 40n), 'lzma.too-large'],
    [
      'a first byte other than zero',
      Buffer.concat([USUAL.subarray(0, 13), Buffer.from([1]), USUAL.subarray(14)]),
      'lzma.data',
    ],
    ['a stream cut short', USUAL.subarray(0, 200), 'lzma.truncated'],
    ['a size larger than the stream holds', withSize(6729n), 'lzma.data'],
  ])('%s', (_, stream, code) => {
    expect(evidenceCode(() => decodeLzma(stream, 'test'))).toBe(code);
  });

  test('any change is read or refused, never more', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: USUAL.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        // The size stays small: a changed size is only a larger allocation up to the limit.
        fc.pre(at < 5 || at > 12);
        const changed = Buffer.from(USUAL);
        changed.writeUInt8(changed.readUInt8(at) ^ flip, at);
        expect(evidenceCode(() => decodeLzma(changed, 'test'))).toMatch(/^lzma\.|^no error$/);
      }),
    );
  });

  test('any bytes behind a header are read or refused, never more', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 0, max: 224 }), (body, properties) => {
        const head = Buffer.alloc(13);
        head.writeUInt8(properties, 0);
        head.writeUInt32LE(5000, 5);
        const code = evidenceCode(() => decodeLzma(Buffer.concat([head, body]), 'test'));
        expect(code).toMatch(/^lzma\.|^no error$/);
      }),
    );
  });
});
