/** `assay image …`: from the file of a hypervisor image to what a TPM must measure, offline. */

import type { Command } from 'commander';
import type { ImageOptions } from '../image-input.ts';
import type { Io } from '../io.ts';

export interface ImageShowOptions extends ImageOptions {
  readonly json?: true;
}

export interface ImageAddOptions extends ImageShowOptions {
  readonly catalogue?: string;
  readonly out?: string;
  readonly replace?: true;
}

const FILE =
  'unified kernel image, folder with the files of an EFI system partition (shim and GRUB), or manifest (assay.manifest/1)';

export function registerImage(program: Command, io: Io): void {
  const image = program
    .command('image')
    .summary('what an image makes a TPM measure')
    .description(
      'Computes from the files of a hypervisor image what it makes a TPM measure, before any host has booted it.',
    );
  naming(image.command('show'))
    .description('Shows what an image makes a TPM measure: every event of every PCR, and the hypervisor’s files.')
    .argument('<file>', FILE)
    .option('--json', 'print one JSON document (assay.image/1)')
    .addHelpText('after', '\nExample:\n  assay image show hypervisor.efi\n\nExit codes: 0 shown, 3 error.')
    .action(async (file: string, options: ImageShowOptions) => {
      const { showImage } = await import('../actions/image.ts');
      showImage(io, file, options);
    });
  naming(image.command('add'))
    .description('Writes an image’s manifest into the catalogue, where policies name it.')
    .argument('<file>', FILE)
    .option('--catalogue <dir>', 'folder of manifests, references and pins (ASSAY_CATALOGUE)')
    .option('--out <file>', 'file to write instead')
    .option('--replace', 'write over another manifest of the same name')
    .option('--json', 'print one JSON document (assay.image-added/1)')
    .addHelpText(
      'after',
      `
Examples:
  assay image add hypervisor.efi --name edge --image-version 12.1 --catalogue catalogue
  assay image add /srv/esp --device hd0,gpt1 --out edge.json

Exit codes: 0 written, 3 error.`,
    )
    .action(async (file: string, options: ImageAddOptions) => {
      const { addImage } = await import('../actions/image.ts');
      addImage(io, file, options);
    });
  reading(image.command('diff'))
    .description('Says by component what is different between two images.')
    .argument('<before>', FILE)
    .argument('<after>', 'the same')
    .option('--json', 'print one JSON document (assay.image-diff/1)')
    .addHelpText(
      'after',
      '\nExample:\n  assay image diff edge-12.0.json edge-12.1.efi\n\nExit codes: 0 the same to a host, 1 different, 3 error.',
    )
    .action(async (before: string, after: string, options: ImageShowOptions) => {
      const { compareImages } = await import('../actions/image.ts');
      io.exitCode = compareImages(io, [before, after], options);
    });
}

/** Options of an image that is named. */
function naming(command: Command): Command {
  return reading(command)
    .option('--name <name>', 'name of the manifest (default: from the file’s name)')
    .option('--image-version <text>', 'version of the image (default: the kernel’s)')
    .option('--verity-data <file>', 'data image whose root hash the command line must have')
    .option('--verity-hash <file>', 'hash tree of the data image, with its superblock');
}

function reading(command: Command): Command {
  return command
    .option('--shim <path>', 'of a folder: path of shim on the partition', '/EFI/BOOT/BOOTX64.EFI')
    .option('--device <name>', 'of a folder: the partition as GRUB names it', 'hd0,gpt1');
}
