/** Arbitrary IMA entries, as some kernel could have written them. */
import * as fc from 'fast-check';
import type { EntrySpec } from '../../support/ima-list-builder.ts';
import { buffer, file } from '../../support/ima-list-builder.ts';

/** A path: any bytes but NUL, the space (kernels write `_` for it) and the line feed (which the ASCII list cannot carry). */
const anyPath = fc
  .uint8Array({ minLength: 1, maxLength: 60, min: 1 })
  .map((bytes) => bytes.filter((c) => c !== 0x20 && c !== 0x0a))
  .filter((bytes) => bytes.length > 0);

const anyFile = fc
  .record({
    path: anyPath,
    template: fc.constantFrom('ima', 'ima-ng', 'ima-sig', 'ima-ngv2', 'ima-sigv2'),
    digest: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    signature: fc.uint8Array({ maxLength: 40 }),
  })
  .map(({ path, template, digest, signature }) =>
    file(path, { template, digest, ...(template.startsWith('ima-sig') && { more: [signature] }) }),
  );

const anyBuffer = fc
  .record({
    name: fc.constantFrom('kexec-cmdline', '.ima', 'dm_table_load'),
    content: fc.uint8Array({ maxLength: 80 }),
  })
  .map(({ name, content }) => buffer(name, content));

export const anyEntry: fc.Arbitrary<EntrySpec & { pcr: number; violation: boolean }> = fc
  .record({
    spec: fc.oneof({ arbitrary: anyFile, weight: 4 }, { arbitrary: anyBuffer, weight: 1 }),
    pcr: fc.constantFrom(10, 10, 10, 11),
    violation: fc.constantFrom(false, false, false, true),
  })
  .map(({ spec, pcr, violation }) => ({ ...spec, pcr, violation }));
