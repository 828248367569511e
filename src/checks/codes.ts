/**
 * The registry of finding codes: `<link>.<reason>`, each with its text, what to do about it, and the clause behind it. Closed:
 * a finding with another code does not compile.
 */

interface CodeEntry {
  /** what was found, for people */
  readonly text: string;
  /** what to do next */
  readonly remedy: string;
  /** specification and clause, or the document that asks for it */
  readonly clause: string;
  /** links 1 to 3, known-bad and revoked values cannot be waived */
  readonly waivable: boolean;
}

const entries = {
  'identity.ak-not-pinned': {
    text: 'the attestation key of the evidence is not one of this host’s',
    remedy: 'if the host was re-enrolled, pin its new AK; otherwise treat the evidence as relayed from another machine',
    clause: 'TPM 2.0 Part 1, 16 (names)',
    waivable: false,
  },
  'identity.ak-unknown': {
    text: 'no attestation key is known for this host',
    remedy: 'give --ak FILE or --ak-name HEX, or name a pin set in the policy',
    clause: 'RFC 9334, 7.4',
    waivable: false,
  },
  'identity.ak-missing': {
    text: 'the evidence carries no public area for the pinned AK name',
    remedy:
      'collect the AK’s TPM2B_PUBLIC with the quote (--ak-public beside plain files), or pin the public area itself',
    clause: 'TPM 2.0 Part 2, 12.2.5',
    waivable: false,
  },
  'identity.ak-attributes': {
    text: 'the attestation key is not a restricted signing key that never leaves its TPM',
    remedy: 'create the AK as a restricted, fixedTPM, fixedParent signing key and pin that one',
    clause: 'TPM 2.0 Part 2, 8.3',
    waivable: false,
  },
  'identity.ak-attributes-unknown': {
    text: 'the pin is a bare public key, so nothing says the key is restricted to its TPM',
    remedy: 'pin the AK’s TPM2B_PUBLIC instead of its PEM',
    clause: 'TPM 2.0 Part 2, 8.3',
    waivable: false,
  },
  'identity.ak-not-resident': {
    text: 'nothing proves that the attestation key lives in the TPM of the host’s EK',
    remedy: 'enrol the host again, so that its TPM answers TPM2_ActivateCredential',
    clause: 'TPM 2.0 Part 1, 24',
    waivable: false,
  },
  'identity.host-unapproved': {
    text: 'nobody has said that this machine is one of ours',
    remedy: 'approve the host, pin its EK, or enrol it with a join token',
    clause: 'RFC 9334, 7.4',
    waivable: false,
  },
  'identity.ek-certificate-missing': {
    text: 'the TPM has no EK certificate',
    remedy: 'load the maker’s certificate for this EK where the maker publishes it, or pin the AK as operator',
    clause: 'TCG EK Credential Profile 2.5, 2.2',
    waivable: false,
  },
  'identity.ek-root-unknown': {
    text: 'the EK’s certificate leads to no root that is trusted here',
    remedy:
      'check the root with the TPM’s maker, then add it with its class to the trusted roots; a root says genuine, not ours',
    clause: 'RFC 5280, 6.1',
    waivable: false,
  },
  'identity.ek-certificate': {
    text: 'the EK’s certificate, or one it leads through, is against the rules',
    remedy: 'see the code in observed; a revoked, forged or expired certificate is no proof of a genuine TPM',
    clause: 'RFC 5280, 6.1; TCG EK Credential Profile 2.5, 3.2',
    waivable: false,
  },
  'identity.ek-unsure': {
    text: 'the EK’s certificate leads to a trusted root, but by a step that the policy does not rest on',
    remedy: 'load a current revocation list of the issuer; or let the policy rest on it, with identity.ek-genuine',
    clause: 'RFC 5280, 6.3',
    waivable: false,
  },
  'identity.ek-class': {
    text: 'the EK is genuine, but of a class of TPM that the policy does not take',
    remedy: 'move the host to a policy whose identity.ek-genuine names the class, if such TPMs are meant to be trusted',
    clause: 'policy: identity.ek-genuine',
    waivable: false,
  },
  'identity.malformed': {
    text: 'the attestation key’s public area does not follow its format',
    remedy: 'collect the evidence again; if it stays malformed, the host’s collector is broken or hostile',
    clause: 'TPM 2.0 Part 2, 12.2.4',
    waivable: false,
  },
  'quote.missing': {
    text: 'the evidence has no quote',
    remedy: 'collect a quote of the challenged selection',
    clause: 'TPM 2.0 Part 3, 18.4',
    waivable: false,
  },
  'quote.malformed': {
    text: 'a quote or its signature does not follow its format',
    remedy: 'collect the evidence again; if it stays malformed, the host’s collector is broken or hostile',
    clause: 'TPM 2.0 Part 2, 10.12.8 and 11.3.4',
    waivable: false,
  },
  'quote.signature': {
    text: 'the quote is not signed by the pinned attestation key',
    remedy: 'check that the quote was made with the enrolled AK; otherwise the evidence was altered or made elsewhere',
    clause: 'TPM 2.0 Part 3, 18.4',
    waivable: false,
  },
  'quote.magic': {
    text: 'the signed structure was not made by a TPM',
    remedy: 'treat the key as compromised: a restricted key never signs this',
    clause: 'TPM 2.0 Part 2, 6.2 (TPM_GENERATED_VALUE)',
    waivable: false,
  },
  'quote.type': {
    text: 'the signed structure is another attestation than a quote',
    remedy: 'collect a quote (TPM2_Quote), not a certification or time attestation',
    clause: 'TPM 2.0 Part 2, 10.12.8',
    waivable: false,
  },
  'quote.qualified-signer': {
    text: 'the quote names another signer than the attestation key under its parent',
    remedy: 'check the AK’s parent; a key of another hierarchy signed this',
    clause: 'TPM 2.0 Part 1, 16 (qualified names)',
    waivable: false,
  },
  'quote.challenge': {
    text: 'the quote answers another challenge',
    remedy: 'ask the host for a new quote over this challenge’s nonce; an old quote proves nothing about now',
    clause: 'RFC 9334, 10.2',
    waivable: false,
  },
  'quote.challenge-unknown': {
    text: 'the expected challenge is not known, so the quote may be old',
    remedy: 'give the nonce the quote was asked with: --nonce HEX',
    clause: 'RFC 9334, 10.2',
    waivable: false,
  },
  'quote.claims': {
    text: 'the bundle is not what the claims say that the quote binds',
    remedy: 'collect the evidence again; if it happens again, something between the TPM and here changes the bundle',
    clause: 'docs/formats.md, claims',
    waivable: false,
  },
  'quote.claims-missing': {
    text: 'the challenge asks for claims and the bundle has none',
    remedy: 'answer with claims, and quote over the nonce and the claims as the native rule says',
    clause: 'docs/formats.md, claims',
    waivable: false,
  },
  'quote.selection': {
    text: 'the quote signs another selection of PCRs than was asked for',
    remedy: 'quote exactly the challenged selection',
    clause: 'TPM 2.0 Part 2, 10.12.1',
    waivable: false,
  },
  'quote.pcr-digest': {
    text: 'the PCR values given are not the ones the quote signs',
    remedy: 'read the PCRs again together with the quote; otherwise the values were altered',
    clause: 'TPM 2.0 Part 2, 10.12.1',
    waivable: false,
  },
  'quote.incomplete-selection': {
    text: 'the selection leaves out PCRs that the chain is judged by',
    remedy: 'challenge at least PCR 0 to 15 of one strong bank in one quote',
    clause: 'PC Client Platform Firmware Profile 1.06, 2.3.4',
    waivable: false,
  },
  'quote.joined': {
    text: 'the quotes of the bundle are not of one key and one boot',
    remedy: 'collect all quotes in one run',
    clause: 'TPM 2.0 Part 2, 10.11.1',
    waivable: false,
  },
  'quote.counters-regressed': {
    text: 'a counter of the TPM went back since the last accepted quote',
    remedy: 'if the TPM was cleared, judge the host as one seen for the first time; otherwise the quote is a replay',
    clause: 'TPM 2.0 Part 1, 36',
    waivable: false,
  },
  'log.missing': {
    text: 'a log is absent',
    remedy: 'send the log with the quote (binary_bios_measurements, binary_runtime_measurements)',
    clause: 'PC Client Platform Firmware Profile 1.06, 10',
    waivable: false,
  },
  'log.malformed': {
    text: 'a log does not follow its format',
    remedy: 'collect it again; if it stays malformed, look at the offset named and at the firmware’s errata',
    clause: 'PC Client Platform Firmware Profile 1.06, 10',
    waivable: false,
  },
  'log.anomaly': {
    text: 'a log contradicts its own format',
    remedy: 'collect it again; a log that was cut or edited cannot prove anything',
    clause: 'PC Client Platform Firmware Profile 1.06, 10',
    waivable: false,
  },
  'log.replay-mismatch': {
    text: 'the log does not lead to the quoted PCR value',
    remedy: 'something was extended outside the log, or the log was altered: collect again, then inspect the host',
    clause: 'TPM 2.0 Part 1, 17.2',
    waivable: false,
  },
  'log.list-of-earlier-boot': {
    text: 'the runtime list goes on where that of an earlier boot ended, and does not lead to PCR 10',
    remedy:
      'the machine was hibernated, which resets the PCRs and not the list: restart it, and forbid hibernation (systemctl mask hibernate.target, or hibernate=no)',
    clause: 'TPM 2.0 Part 1, 12.2.4',
    waivable: false,
  },
  'log.pcr-unexplained': {
    text: 'a quoted PCR was extended and no log says by what',
    remedy:
      'send the log of what extends this PCR (systemd’s is /run/log/systemd/tpm2-measure.log); if none has it, find what does',
    clause: 'TPM 2.0 Part 1, 17.2',
    waivable: false,
  },
  'log.data-mismatch': {
    text: 'the data of an event is not what was measured',
    remedy: 'treat the log as edited; if this firmware always does so, report it as a quirk',
    clause: 'PC Client Platform Firmware Profile 1.06, 10.4',
    waivable: false,
  },
  'log.bank-disagreement': {
    text: 'the banks of the log disagree on what was measured',
    remedy: 'treat the log as edited',
    clause: 'PC Client Platform Firmware Profile 1.06, 10.2.2',
    waivable: false,
  },
  'log.separator-missing': {
    text: 'the firmware did not close a PCR of this bank with a separator',
    remedy: 'choose a bank the firmware extends; a bank it leaves alone can be filled by anyone',
    clause: 'PC Client Platform Firmware Profile 1.06, 3.3.2.2',
    waivable: false,
  },
  'firmware.component-unknown': {
    text: 'no reference covers this firmware component',
    remedy: 'add the vendor’s reference for this firmware, renew one that expired, or approve a capture of it',
    clause: 'NIST SP 800-193, 4.2',
    waivable: true,
  },
  'firmware.reference-basis': {
    text: 'only a reference of a weaker basis than the policy asks covers this value',
    remedy: 'get the value from a better source: the vendor’s signed list, or computed from the firmware file',
    clause: 'RFC 9334, 4.1 (reference values)',
    waivable: true,
  },
  'firmware.component-revoked': {
    text: 'this firmware component is known to be bad',
    remedy: 'update the firmware before the host runs anything that matters',
    clause: 'NIST SP 800-193, 4.2',
    waivable: false,
  },
  'firmware.locality': {
    text: 'the TPM was started from a locality that the policy does not allow',
    remedy: 'inspect the platform’s startup, or allow this locality in the policy (firmware.startup-locality)',
    clause: 'PC Client Platform Firmware Profile 1.06, 10.4.5.3',
    waivable: true,
  },
  'firmware.debug-mode': {
    text: 'the firmware runs in debug mode',
    remedy: 'switch the firmware’s debug mode off',
    clause: 'PC Client Platform Firmware Profile 1.06, 3.3.4.8',
    waivable: true,
  },
  'firmware.dma-protection-disabled': {
    text: 'the firmware switched DMA protection off',
    remedy: 'switch DMA protection (IOMMU) on in the firmware’s setup',
    clause: 'PC Client Platform Firmware Profile 1.06, 3.3.4.8',
    waivable: true,
  },
  'firmware.configuration-unapproved': {
    text: 'a firmware setting measured in a closed PCR is not covered by a reference',
    remedy: 'add the setting’s digest to a firmware reference, or declare the PCR open in the policy with the reason',
    clause: 'PC Client Platform Firmware Profile 1.06, 3.3.4.2',
    waivable: true,
  },
  'secure-boot.disabled': {
    text: 'Secure Boot is off',
    remedy: 'switch Secure Boot on in the firmware’s setup',
    clause: 'UEFI 2.10, 32.3',
    waivable: true,
  },
  'secure-boot.state-unknown': {
    text: 'the state of Secure Boot is not proved',
    remedy: 'look at the variable named: the firmware measured it not at all, several times, or not in its format',
    clause: 'PC Client Platform Firmware Profile 1.06, 3.3.4.8',
    waivable: true,
  },
  'secure-boot.setup-mode': {
    text: 'no platform key is enrolled: anyone may change the keys',
    remedy: 'enrol a platform key',
    clause: 'UEFI 2.10, 32.3',
    waivable: true,
  },
  'secure-boot.mode-conflict': {
    text: 'the firmware measured setup or audit mode, or a mode of no meaning or of several values',
    remedy: 'leave setup or audit mode; enter deployed mode',
    clause: 'UEFI 2.10, 32.3',
    waivable: true,
  },
  'secure-boot.event-unexpected': {
    text: 'PCR 7 holds an event that does not belong there',
    remedy: 'inspect the event; only variables, actions, separators and authorities are measured into PCR 7',
    clause: 'PC Client Platform Firmware Profile 1.06, 3.3.4.8',
    waivable: true,
  },
  'secure-boot.reference-missing': {
    text: 'the policy has no reference in force to compare Secure Boot with',
    remedy: 'add what is expected to the policy (secure-boot-keys, dbx, an image), or renew the reference that expired',
    clause: 'NIST SP 800-193, 4.2',
    waivable: true,
  },
  'secure-boot.reference-basis': {
    text: 'only a reference of a weaker basis than the policy asks covers this value',
    remedy: 'get the value from a better source: the vendor’s signed list, or computed from the file it is in',
    clause: 'RFC 9334, 4.1 (reference values)',
    waivable: true,
  },
  'secure-boot.key-unapproved': {
    text: 'a key database holds an entry that is not approved',
    remedy: 'remove the entry from the host, or approve it in the key reference',
    clause: 'UEFI 2.10, 32.4',
    waivable: true,
  },
  'secure-boot.dbx-incomplete': {
    text: 'the forbidden signature database lacks a required entry',
    remedy: 'apply the current dbx update',
    clause: 'UEFI 2.10, 32.5.3.3',
    waivable: true,
  },
  'secure-boot.authority-unapproved': {
    text: 'an image was admitted by an authority that is not approved',
    remedy: 'remove that key from db or MOK, or approve it in the key reference',
    clause: 'PC Client Platform Firmware Profile 1.06, 3.3.4.8',
    waivable: true,
  },
  'secure-boot.authority-missing': {
    text: 'no measured authority is one that can have admitted an approved image',
    remedy: 'check which key signed the image that booted',
    clause: 'PC Client Platform Firmware Profile 1.06, 3.3.4.8',
    waivable: true,
  },
  'secure-boot.sbat-level': {
    text: 'shim’s SBAT revocation level is not an approved one',
    remedy: 'update the SBAT level, or approve it in the MOK reference',
    clause: 'shim SBAT.md',
    waivable: true,
  },
  'secure-boot.mok-unapproved': {
    text: 'the machine owner’s keys differ from the approved ones',
    remedy: 'remove the enrolled MOK, or approve it in the MOK reference',
    clause: 'shim README.tpm (PCR 14)',
    waivable: true,
  },
  'boot.manifest-missing': {
    text: 'the policy approves no image',
    remedy: 'name at least one image manifest in the policy',
    clause: 'UAPI.5 Unified Kernel Image',
    waivable: true,
  },
  'boot.image-unapproved': {
    text: 'a program was booted that no approved image contains',
    remedy: 'boot an approved image, or approve this one from its file',
    clause: 'PC Client Platform Firmware Profile 1.06, 3.3.4.5',
    waivable: true,
  },
  'boot.initrd-unapproved': {
    text: 'the initrd is not the approved image’s',
    remedy: 'boot an approved image, or approve this one from its file',
    clause: 'UAPI.7 PCR registry (PCR 9, 11)',
    waivable: true,
  },
  'boot.command-line-unapproved': {
    text: 'the kernel command line is not the approved image’s',
    remedy: 'boot with the approved command line, or approve the image that carries this one',
    clause: 'UAPI.7 PCR registry (PCR 8, 9, 11, 12)',
    waivable: true,
  },
  'boot.section-unapproved': {
    text: 'a section of the unified kernel image is not the approved image’s',
    remedy: 'boot an approved image, or approve this one from its file',
    clause: 'UAPI.7 PCR registry (PCR 11)',
    waivable: true,
  },
  'boot.loader-command-unapproved': {
    text: 'the boot loader ran a command that the approved image does not',
    remedy: 'inspect the boot loader’s configuration on the host',
    clause: 'GRUB manual, Measured Boot (PCR 8)',
    waivable: true,
  },
  'boot.loader-file-unapproved': {
    text: 'the boot loader read a file that is not the approved image’s',
    remedy: 'inspect the file on the host’s boot partition',
    clause: 'GRUB manual, Measured Boot (PCR 9)',
    waivable: true,
  },
  'boot.override-present': {
    text: 'something from outside the image was added at boot: a command line, credential, add-on or extension',
    remedy: 'remove it from the host, or build it into an image and approve that',
    clause: 'UAPI.7 PCR registry (PCR 12, 13)',
    waivable: true,
  },
  'boot.mok-unapproved': {
    text: 'PCR 14 holds what the approved image does not put there',
    remedy: 'remove the enrolled MOK, or boot an approved image',
    clause: 'shim README.tpm (PCR 14)',
    waivable: true,
  },
  'boot.event-missing': {
    text: 'the boot lacks a measurement that the approved image makes',
    remedy: 'boot an approved image whole',
    clause: 'UAPI.7 PCR registry',
    waivable: true,
  },
  'boot.order': {
    text: 'the approved parts were booted in an order no approved image has',
    remedy: 'inspect the boot path; each part is known, their order is not',
    clause: 'PC Client Platform Firmware Profile 1.06, 3.3.4.5',
    waivable: true,
  },
  'boot.phase-unapproved': {
    text: 'the running system measured something into PCR 11 that is no approved phase of a boot, or not in its order',
    remedy: 'inspect what the host measured; phases of its own go into the policy (boot.phases-approved)',
    clause: 'systemd-pcrphase.service(8)',
    waivable: true,
  },
  'boot.phase-not-reached': {
    text: 'the boot has not reached the phase that the policy asks for',
    remedy: 'ask the host again when it has started; if it never gets there, look at its failed units',
    clause: 'systemd-pcrphase.service(8)',
    waivable: true,
  },
  'boot.nvpcr-unapproved': {
    text: 'the running system put an NV index into use as a PCR, which no quote covers',
    remedy: 'declare NvPCRs open in the policy with the reason (boot.nvpcrs-declared), or switch them off in the image',
    clause: 'UAPI.7 PCR registry (PCR 9)',
    waivable: true,
  },
  'boot.event-unexpected': {
    text: 'a PCR of the boot path holds an event of a kind that does not belong there',
    remedy: 'inspect the event; partition tables may be declared open in the policy with a reason (boot.events-known)',
    clause: 'PC Client Platform Firmware Profile 1.06, 3.3.4.5',
    waivable: true,
  },
  'runtime.list-missing': {
    text: 'no runtime measurements were proved',
    remedy: 'switch IMA on (ima_policy=) and send its list',
    clause: 'Linux Documentation/security/IMA-templates.rst',
    waivable: true,
  },
  'runtime.bank-padded': {
    text: 'the kernel extends this bank with padded SHA-1 digests, which prove no more than SHA-1',
    remedy: 'challenge a bank whose hash the kernel has built in (sha256)',
    clause: 'Linux ima_init_digests',
    waivable: true,
  },
  'runtime.boot-aggregate': {
    text: 'the runtime list does not start from this boot’s firmware measurements',
    remedy: 'collect firmware log and IMA list of the same boot',
    clause: 'Linux ima_calc_boot_aggregate',
    waivable: true,
  },
  'runtime.measurement-policy-unknown': {
    text: 'nothing proves which measurement policy was in force',
    remedy: 'load a policy file of the approved image at start, or set ima_policy= on its command line',
    clause: 'Linux Documentation/ABI/testing/ima_policy',
    waivable: true,
  },
  'runtime.kernel-protection-unknown': {
    text: 'the kernel command line is not known, so neither is whether the kernel protects itself',
    remedy: 'boot an approved image',
    clause: 'kernel_lockdown(7)',
    waivable: true,
  },
  'runtime.modules-unprotected': {
    text: 'the kernel may load modules nobody signed',
    remedy: 'add lockdown=integrity or module.sig_enforce=1 to the image’s command line',
    clause: 'kernel_lockdown(7)',
    waivable: true,
  },
  'runtime.kexec-unprotected': {
    text: 'the kernel may be replaced by another through kexec without a measurement',
    remedy:
      'add sysctl.kernel.kexec_load_disabled=1 to the image’s command line, or lockdown=integrity and kexec rules in the image’s IMA policy',
    clause: 'Linux Documentation/admin-guide/sysctl/kernel.rst (kexec_load_disabled)',
    waivable: true,
  },
  'runtime.kexec-unapproved': {
    text: 'another kernel was loaded through kexec, or took over',
    remedy: 'reboot the host through its firmware into an approved image',
    clause: 'Linux Documentation/security/IMA-templates.rst',
    waivable: true,
  },
  'runtime.entry-unapproved': {
    text: 'a file was run, loaded or read that the approved image does not contain',
    remedy: 'find the file on the host; approve an image that contains it, or reboot the host without it',
    clause: 'Linux Documentation/security/IMA-templates.rst',
    waivable: true,
  },
  'runtime.entry-unproven': {
    text: 'a measured file cannot be compared: its digest is of an algorithm the manifest lacks',
    remedy: 'set ima_hash=sha256 on the image’s command line',
    clause: 'Linux Documentation/security/IMA-templates.rst',
    waivable: true,
  },
  'runtime.entry-unreadable': {
    text: 'an entry of the runtime list does not read as the template it names',
    remedy: 'treat the list as edited; if this kernel writes such entries, its template is not supported',
    clause: 'Linux Documentation/security/IMA-templates.rst',
    waivable: true,
  },
  'runtime.entry-violation': {
    text: 'a file was open for writing while it was measured, and nothing proves which',
    remedy: 'find the writer and reboot the host, or declare violations open in the policy with the reason',
    clause: 'Linux ima_add_violation',
    waivable: true,
  },
  'runtime.pcr-unexpected': {
    text: 'PCR 15 was extended, and no manifest says with what',
    remedy: 'find what extends PCR 15, or declare it open in the policy with the reason (runtime.pcr15)',
    clause: 'UAPI.7 PCR registry (PCR 15)',
    waivable: true,
  },
  'hypervisor.kvm-missing': {
    text: 'no kvm module was measured, and the kernel has none built in',
    remedy: 'load kvm under the measurement policy, or approve an image whose kernel has it built in',
    clause: 'Linux Documentation/virt/kvm',
    waivable: true,
  },
  'hypervisor.kvm-unapproved': {
    text: 'a kvm module is not the approved image’s',
    remedy: 'reboot the host into the approved image; treat running guests as exposed',
    clause: 'Linux Documentation/virt/kvm',
    waivable: true,
  },
  'hypervisor.qemu-missing': {
    text: 'no QEMU was measured',
    remedy: 'run QEMU once under the measurement policy before attesting',
    clause: 'QEMU system emulation',
    waivable: true,
  },
  'hypervisor.qemu-unapproved': {
    text: 'a QEMU is not the approved image’s',
    remedy: 'reboot the host into the approved image; treat running guests as exposed',
    clause: 'QEMU system emulation',
    waivable: true,
  },
  'hypervisor.swtpm-unapproved': {
    text: 'a swtpm is not the approved image’s',
    remedy: 'reboot the host into the approved image; treat the guests’ TPM secrets as exposed',
    clause: 'swtpm(8)',
    waivable: true,
  },
  'hypervisor.guest-firmware-unapproved': {
    text: 'a guest firmware file is not the approved image’s',
    remedy: 'reboot the host into the approved image; treat running guests as exposed',
    clause: 'QEMU system emulation, firmware',
    waivable: true,
  },
  'hypervisor.guest-firmware-unproven': {
    text: 'no guest firmware is covered by the approved image',
    remedy: 'put the guest firmware into the image',
    clause: 'QEMU system emulation, firmware',
    waivable: true,
  },
  'hypervisor.parameter-missing': {
    text: 'a parameter the policy requires is not on the measured command line',
    remedy: 'add it to the image’s command line and approve the new image',
    clause: 'Linux Documentation/admin-guide/kernel-parameters.rst',
    waivable: true,
  },
  'hypervisor.parameter-unknown': {
    text: 'the kernel command line is not known, so neither are the parameters on it',
    remedy: 'boot an approved image',
    clause: 'Linux Documentation/admin-guide/kernel-parameters.rst',
    waivable: true,
  },
} as const satisfies Record<`${string}.${string}`, CodeEntry>;

/** Every code there is. Codes are promises: they are never reused and never change meaning. */
export type FindingCode = keyof typeof entries;

/** Text, remedy and clause of every code. */
export const FINDING_CODES: Readonly<Record<FindingCode, CodeEntry>> = entries;
