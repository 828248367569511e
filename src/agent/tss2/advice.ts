/** What an operator does about a return code: written for who meets it on a host, not for who reads the standard. */

const OTHER_PROGRAMS =
  'Programs that use the TPM without its resource manager leave their objects in it: let every program use /dev/tpmrm0, or ' +
  'remove what is left with tpm2_flushcontext -t and tpm2_flushcontext -l.';

const AUTHORIZATION =
  'The authorization value given for the hierarchy or object is not the one set on this TPM: correct it in the configuration of the agent.';

const BUSY =
  'The TPM stayed busy, with a self-test or with work of others, for longer than is waited for: try again later.';

const BROKEN_WAY =
  'The way to the TPM broke: look whether its device, or the program that emulates it, is still there, then start the agent again.';

const OTHER_KEY = 'This TPM does not offer that kind of key: ask for another, RSA-2048 or ECC P-256.';

const ADVICE = new Map<string, string>([
  [
    'TPM_RC_LOCKOUT',
    'Too many wrong authorization values were tried on this TPM. Wait until it forgives one (tpm2_getcap properties-variable shows the ' +
      'interval), or clear the counter with tpm2_dictionarylockout -c and the authorization of the lockout hierarchy.',
  ],
  ['TPM_RC_AUTH_FAIL', `${AUTHORIZATION} Each further try counts towards the lockout.`],
  ['TPM_RC_BAD_AUTH', AUTHORIZATION],
  ['TPM_RC_HANDLE', 'The TPM has nothing under that handle: the index or object was removed, or the TPM was cleared.'],
  ['TPM_RC_HIERARCHY', 'The hierarchy is disabled on this TPM: enable it in the set-up of the firmware.'],
  ['TPM_RC_OBJECT_MEMORY', OTHER_PROGRAMS],
  ['TPM_RC_OBJECT_HANDLES', OTHER_PROGRAMS],
  ['TPM_RC_SESSION_MEMORY', OTHER_PROGRAMS],
  ['TPM_RC_SESSION_HANDLES', OTHER_PROGRAMS],
  ['TPM_RC_MEMORY', OTHER_PROGRAMS],
  ['TPM_RC_CONTEXT_GAP', OTHER_PROGRAMS],
  ['TPM_RC_RETRY', BUSY],
  ['TPM_RC_YIELDED', BUSY],
  ['TPM_RC_TESTING', BUSY],
  [
    'TPM_RC_INITIALIZE',
    'Nobody started this TPM. On a machine the firmware does: look for a firmware update. For a software TPM run tpm2_startup -c.',
  ],
  [
    'TPM_RC_FAILURE',
    'The TPM is in failure mode and answers nothing more: switch the machine off and on; if that does not help, the TPM is defect.',
  ],
  ['TPM_RC_REBOOT', 'The TPM wants a restart of the machine before it goes on.'],
  ['TPM_RC_UPGRADE', 'A firmware upgrade of the TPM was begun and not finished: finish it.'],
  ['TPM_RC_DISABLED', 'The command is disabled on this TPM: look at the TPM settings of the firmware.'],
  ['TPM_RC_COMMAND_CODE', 'This TPM does not have the command: look for a firmware update of the TPM.'],
  ['TPM_RC_LOCALITY', 'The command was sent with a locality in which it is not allowed: use the device of the kernel.'],
  ['TPM_RC_NV_LOCKED', 'The index is locked against reading until the machine starts again.'],
  ['TPM_RC_NV_AUTHORIZATION', 'The index does not allow to be read with this authorization.'],
  ['TPM_RC_NV_UNINITIALIZED', 'The index was defined and never written.'],
  ['TPM_RC_NV_RATE', 'The TPM slows down writing to spare its memory: try again later.'],
  ['TPM_RC_NV_UNAVAILABLE', 'The TPM cannot reach its memory at the moment: try again later.'],
  [
    'TPM_RC_POLICY_FAIL',
    'The policy of the key was not met. For an endorsement key: it was not made with the template of the TCG profile.',
  ],
  [
    'TPM_RC_INTEGRITY',
    'The TPM refuses what it was given as made for another key: ask the verifier for a new credential for this EK and this AK.',
  ],
  ['TPM_RC_CURVE', OTHER_KEY],
  ['TPM_RC_KEY_SIZE', OTHER_KEY],
  ['TPM_RC_ASYMMETRIC', OTHER_KEY],
  ['TPM_RC_SCHEME', OTHER_KEY],
  ['TSS2_TCTI_RC_IO_ERROR', BROKEN_WAY],
  ['TSS2_TCTI_RC_NO_CONNECTION', BROKEN_WAY],
  ['TSS2_TCTI_RC_GENERAL_FAILURE', BROKEN_WAY],
  [
    'TSS2_TCTI_RC_NOT_SUPPORTED',
    'There is no module for that kind of TCTI: install the package libtss2-tcti-…, or write device:/dev/tpmrm0.',
  ],
  ['TSS2_TCTI_RC_BAD_VALUE', 'The TCTI is not written as its module wants it: for example device:/dev/tpmrm0.'],
  [
    'TSS2_ESYS_RC_RSP_AUTH_FAILED',
    'The answer was not authenticated as that of the TPM: the authorization value is wrong, or something between here and the TPM changed it.',
  ],
]);

const UNKNOWN = 'Set TSS2_LOG=all+DEBUG to see what libtss2 says about it.';

/** What to do about a code; where nothing better is known, how to learn more. */
export function adviceFor(code: string): string {
  return ADVICE.get(code) ?? UNKNOWN;
}
