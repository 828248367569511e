/** A software TPM opened through the agent's own way to a TPM. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, onTestFinished } from 'vitest';
import { handlesFrom, HANDLE_KIND } from '../../src/agent/tss2/capability.ts';
import { Tpm, type TpmOptions } from '../../src/agent/tss2/context.ts';
import { ensureInstalled } from './programs.ts';
import { manufactureTpm, startSoftwareTpm, type ManufacturedTpm, type SoftwareTpm } from './software-tpm.ts';
import { startTpmProxy, type TpmProxy } from './tpm-proxy.ts';

export interface TestTpm extends ManufacturedTpm {
  readonly software: SoftwareTpm;
  /** stands between the agent and the TPM; tpm2-tools go past it */
  readonly proxy: TpmProxy;
  /** for files; removed at the end */
  readonly folder: string;
  /** Opens the TPM through the proxy; closed when the test ends. */
  open(options?: TpmOptions): Promise<Tpm>;
  stop(): Promise<void>;
}

/** A new TPM with EKs and their certificates, switched on. */
export async function startTestTpm(): Promise<TestTpm> {
  await ensureInstalled(['swtpm', 'swtpm_setup', 'tpm2']);
  const folder = mkdtempSync(join(tmpdir(), 'assay-tss2-'));
  const made = await manufactureTpm(folder);
  const software = await startSoftwareTpm(folder);
  const proxy = await startTpmProxy(software.port);
  return {
    ...made,
    software,
    proxy,
    folder,
    async open(options = {}) {
      const tpm = await Tpm.open({ tcti: proxy.tcti, ...options });
      onTestFinished(() => tpm.close());
      return tpm;
    },
    async stop() {
      await proxy.close();
      await software.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** After every test of the file: the proxy lets through again, and the TPM holds nothing, by its own account. */
export function expectNothingLeft(get: () => TestTpm): void {
  afterEach(async () => {
    const test = get();
    test.proxy.before = () => null;
    test.proxy.after = () => undefined;
    const tpm = await Tpm.open({ tcti: test.proxy.tcti });
    try {
      expect(await loadedHandles(tpm)).toEqual([]);
    } finally {
      await tpm.close();
    }
  });
}

/** Transient objects and sessions in the TPM. */
export async function loadedHandles(tpm: Tpm): Promise<number[]> {
  const { transient, loadedSession, savedSession } = HANDLE_KIND;
  const kinds = await Promise.all([transient, loadedSession, savedSession].map((kind) => handlesFrom(tpm, kind)));
  return kinds.flat();
}
