/** TPMs that lie, or something between the agent and its TPM that does: whatever comes of it, no verdict is trusted. */
import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { TpmProxy } from '../tools/tpm-proxy.ts';
import { makeAk, signWith } from '../tpm/software-tpm.ts';
import { attestingMachine, type AttestingMachine } from './attesting-machine.ts';

/** TPM_CC */
const QUOTE = 0x158;
const PCR_READ = 0x17e;
/** Tag, size, response code and size of the parameters. */
const PARAMETERS = 14;

let machine: AttestingMachine;
beforeEach(async () => {
  machine = await attestingMachine();
  const { code, stderr } = await machine.attest();
  if (code !== 0) throw new Error(`a good machine was not trusted: ${stderr.toString()}`);
});

/** Attests with a TPM whose answers are changed on the way; what the agent says of it. */
async function attestWith(change: (proxy: TpmProxy) => void): Promise<string> {
  change(machine.proxy);
  const { code, stderr } = await machine.attest();
  expect(code).not.toBe(0);
  // The one before this was true.
  expect(await machine.verdicts()).toEqual(['trusted']);
  return stderr.toString();
}

describe('a quote', () => {
  /** The TPM2B_ATTEST in an answer to TPM2_Quote: where its structure begins, and where it ends. */
  const attestOf = (answer: Buffer): Buffer => {
    const size = answer.readUInt16BE(PARAMETERS);
    return answer.subarray(PARAMETERS + 2, PARAMETERS + 2 + size);
  };

  /** Changes a bit, counted in bytes from the start, or from the end. */
  const flip = (at: number) => (attest: Buffer) => {
    const index = at < 0 ? attest.length + at : at;
    attest.writeUInt8(attest.readUInt8(index) ^ 1, index);
  };

  it.each<[string, number, string]>([
    // clockInfo, firmwareVersion, one selection of a bank and the digest end the structure (TPM 2.0 Part 2, 10.12.8).
    ['its clock', -76, 'evidence.not-from-host'],
    ['its name of the key', 12, 'evidence.not-from-host'],
    ['the digest over its PCRs', -1, 'tss2.pcrs-changing'],
    ['its magic', 0, 'tss2.answer'],
  ])('with %s altered', async (_, at, said) => {
    const alter = flip(at);
    const words = await attestWith((proxy) => {
      proxy.after = (code, answer) => {
        if (code === QUOTE && answer.readUInt32BE(6) === 0) alter(attestOf(answer));
      };
    });
    expect(words).toContain(said);
  });

  it('that was replayed', async () => {
    let first: Buffer | undefined;
    machine.proxy.after = (code, answer) => {
      if (code === QUOTE) first ??= Buffer.from(answer);
    };
    expect((await machine.attest()).code).toBe(0);
    machine.proxy.after = () => undefined;
    machine.proxy.before = (code) => (code === QUOTE ? first! : null);
    const { code, stderr } = await machine.attest();
    expect([code, stderr.toString()]).toEqual([3, expect.stringContaining('evidence.not-from-host')]);
    expect(await machine.verdicts()).toEqual(['trusted', 'trusted']);
  });

  it('signed by another key', async () => {
    const other = makeAk('ecdsa');
    const said = await attestWith((proxy) => {
      proxy.after = (code, answer) => {
        if (code !== QUOTE || answer.readUInt32BE(6) !== 0) return;
        const attest = attestOf(answer);
        // Both are ECDSA signatures on P-256 by SHA-256, so they have the same length.
        Buffer.from(signWith(other, attest)).copy(answer, PARAMETERS + 2 + attest.length);
      };
    });
    expect(said).toContain('evidence.not-from-host');
  });
});

it('PCR values that are not those quoted', async () => {
  const said = await attestWith((proxy) => {
    proxy.after = (code, answer) => {
      // The last byte of the parameters is one of the last value.
      if (code === PCR_READ) answer.writeUInt8(answer.at(-1)! ^ 1, answer.length - 1);
    };
  });
  expect(said).toContain('tss2.pcrs-changing');
});

it('a TPM in the place of the one that enrolled', async () => {
  await machine.bootAfter(async (state) => {
    await rm(state, { recursive: true });
    await mkdir(state);
  });
  const { code, stderr } = await machine.attest();
  expect([code, stderr.toString()]).toEqual([2, expect.stringContaining('enrolment.pending')]);
  expect(await machine.verdicts()).toEqual(['trusted']);
});

it('a TPM that was set back: its counters say so', async () => {
  const saved = join(machine.folder, 'saved');
  await machine.bootAfter((state) => cp(state, saved, { recursive: true }));
  await machine.boot();
  expect((await machine.attest()).code).toBe(0);
  await machine.bootAfter(async (state) => {
    await rm(state, { recursive: true });
    await cp(saved, state, { recursive: true });
  });
  const { code, stderr } = await machine.attest();
  expect([code, stderr.toString()]).toEqual([1, expect.stringContaining('"weakestLink":"quote"')]);
  expect(await machine.verdicts()).toEqual(['untrusted', 'trusted', 'trusted']);
});
