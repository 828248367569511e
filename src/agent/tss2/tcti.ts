/** Which way leads to the TPM, and what to tell who has none. */

import { open } from 'node:fs/promises';
import { agentError, type TpmError } from './errors.ts';

/** The kernel's resource manager first: it shares the TPM with others and puts away what a program leaves behind. */
const DEVICES = ['/dev/tpmrm0', '/dev/tpm0'] as const;

const DEVICE = 'device:';

/**
 * The TCTI to open: what the caller says, else TSS2_TCTI, else the first device that can be opened.
 * @param given from the command line or the configuration
 * @throws TpmError `tss2.no-device`, `tss2.permission`, `tss2.busy` for a device that cannot be opened
 */
export async function chooseTcti(
  given: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
  devices: readonly string[] = DEVICES,
): Promise<string> {
  const named = given ?? environment['TSS2_TCTI'];
  if (named !== undefined && named !== '') {
    const problem = named.startsWith(DEVICE) ? await deviceProblem(named.slice(DEVICE.length)) : null;
    if (problem !== null) throw problem;
    return named;
  }
  let first: TpmError | undefined;
  for (const device of devices) {
    const problem = await deviceProblem(device);
    if (problem === null) return `${DEVICE}${device}`;
    // A device that is there and refuses says more than one that is not there.
    if (first === undefined || (first.code === 'tss2.no-device' && problem.code !== first.code)) first = problem;
  }
  throw first!;
}

async function deviceProblem(path: string): Promise<TpmError | null> {
  try {
    await (await open(path, 'r+')).close();
    return null;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM') {
      return agentError(
        'tss2.permission',
        `${path} may not be opened by this user`,
        'Run the agent as root, or as a member of the group that owns the device: usermod -aG tss USER, or in a unit of systemd SupplementaryGroups=tss.',
        { cause },
      );
    }
    if (code === 'EBUSY') {
      return agentError(
        'tss2.busy',
        `${path} is held by another program`,
        'Only one program at a time may hold /dev/tpm0: let every program use /dev/tpmrm0.',
        { cause },
      );
    }
    return agentError(
      'tss2.no-device',
      `${path} is not a TPM: ${code}`,
      'Switch the TPM 2.0 on in the set-up of the firmware (also called fTPM, PTT or Security Device) and look for its driver: dmesg | grep -i tpm.',
      { cause },
    );
  }
}
