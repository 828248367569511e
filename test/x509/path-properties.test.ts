import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { EvidenceError } from '../../src/bytes/errors.ts';
import type { PathInput } from '../../src/x509/path-model.ts';
import { pathAt, provePaths } from '../../src/x509/path.ts';
import {
  commonName,
  ed25519Key,
  ext,
  integer,
  makeCertificate,
  NOT_AFTER,
  NOT_BEFORE,
  time,
} from '../support/certificate-maker.ts';
import { LENIENT, makeEk, makeIntermediate, makeRoot, parsed, pathInput } from '../support/test-pki.ts';

const at = fc.integer({ min: NOT_BEFORE - 86_400_000, max: NOT_AFTER + 86_400_000 });

test('a changed certificate proves nothing more than the one that was signed', () => {
  const originals = [makeEk(), makeIntermediate()];
  const all = Buffer.concat(originals);
  fc.assert(
    fc.property(fc.nat(all.length - 1), fc.integer({ min: 1, max: 255 }), (position, flip) => {
      const which = position < originals[0]!.length ? 0 : 1;
      const changed = Buffer.from(originals[which]!);
      const offset = which === 0 ? position : position - originals[0]!.length;
      changed[offset] = changed[offset]! ^ flip;
      const ok = validates(which === 0 ? { leaf: () => parsed(changed) } : { presented: () => [parsed(changed)] });
      expect(ok).toBe(false);
    }),
    { numRuns: 300 },
  );
});

/** Whether the input with these parts validates; a part that cannot be read does not. */
function validates(bend: { readonly [K in keyof PathInput]?: () => PathInput[K] }): boolean {
  try {
    const parts = Object.fromEntries(Object.entries(bend).map(([name, make]) => [name, make()]));
    return provePaths(pathInput(parts)).paths.length > 0;
  } catch (error) {
    if (error instanceof EvidenceError) return false;
    throw error;
  }
}

test('the window of a path is where it stands', () => {
  const times = fc.record({ leaf: fc.tuple(at, at), middle: fc.tuple(at, at), root: fc.tuple(at, at), now: at });
  fc.assert(
    fc.property(times, ({ leaf, middle, root, now }) => {
      const span = ([from, until]: readonly [number, number]): { notBefore: Buffer; notAfter: Buffer } => ({
        notBefore: time(from - (from % 1000)),
        notAfter: time(until - (until % 1000)),
      });
      const proof = provePaths(
        pathInput({
          leaf: parsed(makeEk(span(leaf))),
          presented: [parsed(makeIntermediate(span(middle)))],
          anchors: [parsed(makeRoot(span(root)))],
        }),
      );
      const { notBefore, notAfter } = proof.paths[0]!;
      expect(pathAt(proof, now, LENIENT).ok).toBe(notBefore <= now && now <= notAfter);
    }),
    { numRuns: 60 },
  );
});

interface Authority {
  readonly issuer: number;
  readonly ca: boolean;
  readonly maySign: boolean;
  readonly pathLength: number | undefined;
}

/** What the rules mean, said once more and slowly: follow each certificate's one issuer until an anchor. */
function expected(authorities: readonly Authority[], anchors: ReadonlySet<number>): boolean {
  const met: number[] = [];
  for (let next = 0; !met.includes(next); next = authorities[next]!.issuer) {
    const { ca, maySign, pathLength = Infinity } = authorities[next]!;
    if (!ca || !maySign || pathLength < met.length) return false;
    if (anchors.has(next)) return true;
    met.push(next);
  }
  return false;
}

test('of authorities that sign one another as they like, those paths hold that the rules allow', () => {
  const count = 6;
  const authority = fc.record<Authority>({
    issuer: fc.nat(count - 1),
    ca: fc.constantFrom(true, true, true, true, false),
    maySign: fc.constantFrom(true, true, true, true, false),
    pathLength: fc.constantFrom(undefined, undefined, 0, 1, 2),
  });
  const shape = fc.record({
    authorities: fc.array(authority, { minLength: count, maxLength: count }),
    anchors: fc.uniqueArray(fc.nat(count - 1), { minLength: 1, maxLength: 3 }),
  });
  const keys = Array.from({ length: count }, (_, index) => ed25519Key(`authority ${index}`));
  const name = (index: number): Buffer => commonName(`authority ${index}`);
  fc.assert(
    fc.property(shape, ({ authorities, anchors }) => {
      const certificates = authorities.map(({ issuer, ca, maySign, pathLength }, index) =>
        parsed(
          makeCertificate({
            subject: name(index),
            key: keys[index]!,
            issuer: name(issuer),
            signer: keys[issuer]!,
            serial: integer(index + 1),
            extensions: [ca ? ext.ca(pathLength) : ext.notCa(), ext.keyUsage(maySign ? 'keyCertSign' : 'cRLSign')],
          }),
        ),
      );
      const proof = provePaths(
        pathInput({
          leaf: parsed(makeEk({ issuer: name(0), signer: keys[0]! })),
          presented: certificates,
          anchors: anchors.map((index) => certificates[index]!),
        }),
      );
      expect(proof.paths.length > 0).toBe(expected(authorities, new Set(anchors)));
    }),
    { numRuns: 150 },
  );
}, 30_000);
