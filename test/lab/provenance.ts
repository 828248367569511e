/** Where a fixture comes from: enough to make it again, and to see what changed when a new capture differs. */
import { readFile } from 'node:fs/promises';
import { PROGRAMS, packageVersions, programVersion } from '../tools/programs.ts';
import { sha256Hex } from './cache.ts';
import type { CaptureResult } from './capture.ts';
import { IMAGE_PROGRAMS, type ImageFiles } from './images.ts';
import { MACHINE_PROGRAMS, refusals, type Accelerator } from './machine.ts';
import type { BootedVariant } from './scenarios.ts';

export interface ProvenanceOptions {
  readonly variant: BootedVariant;
  readonly accelerator: Accelerator;
  readonly at: Date;
}

export async function provenance(result: CaptureResult, options: ProvenanceOptions): Promise<unknown> {
  const names = [...new Set([...IMAGE_PROGRAMS, ...MACHINE_PROGRAMS])].sort();
  const packages = names.flatMap((name) => PROGRAMS[name].package ?? []);
  return {
    schema: 'assay.provenance/1',
    result: result.capture === null ? 'does-not-boot' : 'evidence',
    ...(result.capture === null ? { observed: refusals(result.boot.console) } : {}),
    date: options.at.toISOString(),
    accelerator: options.accelerator === 'kvm' ? 'KVM' : 'software emulation',
    keys: 'test keys',
    host: options.variant.host,
    image: options.variant.image,
    approvedImage: options.variant.approved,
    afterBoot: options.variant.order,
    programs: {
      'qemu-system-x86_64': await programVersion('qemu-system-x86_64'),
      swtpm: await programVersion('swtpm'),
      tpm2: await programVersion('tpm2'),
    },
    packages: { ...(await packageVersions(packages)), ...result.image.packages },
    inputs: await inputDigests(result.image),
    kernelCommandLine: result.image.commandLine,
    commands: result.boot.commands,
    ...(result.oracles === null ? {} : { oracles: result.oracles }),
  };
}

async function inputDigests(image: ImageFiles): Promise<Record<string, string>> {
  const files: readonly (readonly [string, string | undefined])[] = [
    ['firmware', image.firmware],
    ['variables', image.variables],
    ['loader', image.loader],
    ['grub', image.grub?.image],
    ['grub.cfg', image.grub?.config],
    ['stub', image.uki?.stub],
    ['kernel', image.kernel],
    ['initrd', image.initrd],
  ];
  const digests: Record<string, string> = {};
  for (const [name, path] of files) if (path !== undefined) digests[name] = `sha256:${sha256Hex(await readFile(path))}`;
  return digests;
}
