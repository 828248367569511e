/** Options of the commands that speak to a service as a person or a program of the operator. */

import type { Command } from 'commander';

export interface OperatorOptions {
  readonly server?: string;
  readonly tokenFile?: string;
  readonly ca?: string;
  readonly pin?: string;
  readonly json?: true;
}

/** Of commands that change something. */
export interface ReasonOptions extends OperatorOptions {
  readonly reason?: string;
}

export function operatorOptions(command: Command): Command {
  return command
    .option('--server <url>', 'address of the service (ASSAY_SERVER; default http://127.0.0.1:8480)')
    .option('--token-file <file>', 'file that holds your token (ASSAY_TOKEN_FILE; ASSAY_TOKEN is the token itself)')
    .option('--ca <file>', 'PEM of the CAs that vouch for the service (ASSAY_CA)')
    .option('--pin <base64>', 'SHA-256 of the service’s key, in place of a CA (ASSAY_PIN)');
}
