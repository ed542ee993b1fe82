/* SPDX-License-Identifier: 0BSD */
/* bip39_english.txt: the 2,048 English words of BIP-39, one a line, as published with the standard
   (https://github.com/bitcoin/bips/blob/master/bip-0039/english.txt). */
        .section .rodata
        .global subnetd_bip39_english
        .global subnetd_bip39_english_end
subnetd_bip39_english:
        .incbin "bip39_english.txt"
subnetd_bip39_english_end:
        .byte 0

        .section .note.GNU-stack, "", %progbits
