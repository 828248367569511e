import { describe, expect, it } from 'vitest';
import { adviceFor } from '../../../src/agent/tss2/advice.ts';
import { returnCodeError } from '../../../src/agent/tss2/errors.ts';
import { decodeReturnCode, isBusy, isDisconnected } from '../../../src/agent/tss2/return-code.ts';

/** Codes as TPMs and the TSS give them, written out. */
const CODES: readonly (readonly [rc: number, layer: string, code: string, about: string | null])[] = [
  [0x100, 'tpm', 'TPM_RC_INITIALIZE', null],
  [0x101, 'tpm', 'TPM_RC_FAILURE', null],
  [0x143, 'tpm', 'TPM_RC_COMMAND_CODE', null],
  [0x18b, 'tpm', 'TPM_RC_HANDLE', 'handle 1'],
  [0x28b, 'tpm', 'TPM_RC_HANDLE', 'handle 2'],
  [0x085, 'tpm', 'TPM_RC_HIERARCHY', null],
  [0x98e, 'tpm', 'TPM_RC_AUTH_FAIL', 'session 1'],
  [0xa8e, 'tpm', 'TPM_RC_AUTH_FAIL', 'session 2'],
  [0x9a2, 'tpm', 'TPM_RC_BAD_AUTH', 'session 1'],
  [0x1d5, 'tpm', 'TPM_RC_SIZE', 'parameter 1'],
  [0x2c4, 'tpm', 'TPM_RC_VALUE', 'parameter 2'],
  [0xfc4, 'tpm', 'TPM_RC_VALUE', 'parameter 15'],
  [0x1df, 'tpm', 'TPM_RC_INTEGRITY', 'parameter 1'],
  [0x902, 'tpm', 'TPM_RC_OBJECT_MEMORY', null],
  [0x921, 'tpm', 'TPM_RC_LOCKOUT', null],
  [0x922, 'tpm', 'TPM_RC_RETRY', null],
  [0xc0143, 'resmgr-tpm', 'TPM_RC_COMMAND_CODE', null],
  [0xa000a, 'tcti', 'TSS2_TCTI_RC_IO_ERROR', null],
  [0xa0008, 'tcti', 'TSS2_TCTI_RC_NO_CONNECTION', null],
  [0x7001b, 'esys', 'TSS2_ESYS_RC_RSP_AUTH_FAILED', null],
  [0x90006, 'mu', 'TSS2_MU_RC_INSUFFICIENT_BUFFER', null],
  [0x8000a, 'sys', 'TSS2_SYS_RC_IO_ERROR', null],
  [0xb0001, 'resmgr', 'TSS2_RESMGR_RC_GENERAL_FAILURE', null],
];

const hex = (rc: number): string => `0x${rc.toString(16).padStart(3, '0')}`;

describe('a return code', () => {
  it.each(CODES.map((row) => [hex(row[0]), ...row] as const))('%s', (_name, rc, layer, code, about) => {
    const decoded = decodeReturnCode(rc);
    expect(decoded).toMatchObject({ layer, code });
    expect(decoded.about && `${decoded.about.kind} ${decoded.about.number}`).toBe(about);
  });

  it.each([
    ['of TPM 1.2', 0x01e],
    ['that no standard names', 0x17e],
    ['with a reserved bit', 0xb08],
    ['of a warning that no standard names', 0x96f],
    ['of the maker', 0xd22],
    ['of format one that no standard names', 0x191],
    ['of a layer that has no such code', 0xa00ff],
    ['of a layer that no standard names', 0x2a000a],
  ])('%s is its number', (_what, rc) => {
    expect(decodeReturnCode(rc).code).toBe(hex(rc));
  });

  it('of the TPM asks for the command again only when it is one of three', () => {
    const asking = Array.from({ length: 0x1000 }, (_, rc) => rc).filter(isBusy);
    expect(asking).toEqual([0x908, 0x90a, 0x922]);
    expect(isBusy(0xc0922)).toBe(true);
  });

  it('of the TCTI alone says that the way to the TPM is gone', () => {
    expect(CODES.map(([rc]) => rc).filter(isDisconnected)).toEqual([0xa000a, 0xa0008]);
  });
});

describe('an error', () => {
  it('says the command, the name and the words of libtss2, and what to do', () => {
    const error = returnCodeError(0x921, 'TPM2_Sign', 'tpm:warn(2.0): in DA lockout mode');
    expect(error.message).toBe('TPM2_Sign: TPM_RC_LOCKOUT (tpm:warn(2.0): in DA lockout mode)');
    expect(error).toMatchObject({ name: 'TpmError', code: 'TPM_RC_LOCKOUT', layer: 'tpm', rc: 0x921 });
    expect(error.advice).toContain('tpm2_dictionarylockout');
  });

  it('has advice for what is met on hosts, and a way on for all else', () => {
    const met = ['LOCKOUT', 'AUTH_FAIL', 'BAD_AUTH', 'HANDLE', 'HIERARCHY', 'OBJECT_MEMORY', 'RETRY', 'INITIALIZE'];
    const other = adviceFor('TPM_RC_KDF');
    expect(other).toContain('TSS2_LOG');
    for (const code of met) expect([code, adviceFor(`TPM_RC_${code}`)]).not.toEqual([code, other]);
  });
});
