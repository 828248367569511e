/** Options of the commands that run on a host. */

import type { Command } from 'commander';

export const HOST_NOTE = 'An option wins over the environment, the environment over the file.';

/** Options that say where the TPM, the logs and the state are. */
export function hostOptions(command: Command): Command {
  return command
    .option('--config <file>', 'JSON file of these options (ASSAY_AGENT_CONFIG; default /etc/assay/agent.json)')
    .option('--state <dir>', 'the agent’s own folder (ASSAY_STATE; default /var/lib/assay-agent)')
    .option('--tcti <tcti>', 'way to the TPM (ASSAY_TCTI; default TSS2_TCTI, else /dev/tpmrm0)')
    .option('--ak-type <type>', 'attestation key: ecc or rsa (ASSAY_AK_TYPE; default ecc)')
    .option('--ak-parent <parent>', 'its parent: endorsement, ek or owner (ASSAY_AK_PARENT; default endorsement)')
    .option(
      '--ek <templates>',
      'endorsement keys to choose from, as L-1,H-3 (ASSAY_EK; default: those with a certificate first)',
    )
    .option('--owner-auth <file>', 'file with the password of the owner hierarchy (ASSAY_OWNER_AUTH; default none)')
    .option(
      '--endorsement-auth <file>',
      'file with the password of the endorsement hierarchy (ASSAY_ENDORSEMENT_AUTH; default none)',
    )
    .option('--firmware-log <file>', 'binary_bios_measurements (ASSAY_FIRMWARE_LOG)')
    .option('--ima-log <file>', 'binary_runtime_measurements (ASSAY_IMA_LOG)')
    .option('--systemd-log <file>', 'tpm2-measure.log of systemd, where there is one (ASSAY_SYSTEMD_LOG)')
    .option('--boot-id <file>', 'boot_id of the kernel (ASSAY_BOOT_ID)');
}

/** Options that say which service it is, and how it is known. */
export function serviceOptions(command: Command): Command {
  return command
    .option('--server <url>', 'address of the service, https://HOST:PORT (ASSAY_SERVER)')
    .option('--ca <file>', 'PEM of the CAs that vouch for the service (ASSAY_CA)')
    .option('--pin <base64>', 'SHA-256 of the service’s key, in place of a CA (ASSAY_PIN)')
    .option('--join-token <file>', 'file with what the operator handed out (ASSAY_JOIN_TOKEN)');
}
