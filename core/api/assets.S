/* SPDX-License-Identifier: 0BSD */
/* The files of web/, byte for byte, each between NAME and NAME_end. */
        .section .rodata
        .macro asset name, file
        .global \name
        .global \name\()_end
\name:
        .incbin "\file"
\name\()_end:
        .byte 0
        .endm

        asset subnetd_index_html, "index.html"
        asset subnetd_app_js, "app.js"
        asset subnetd_style_css, "style.css"
        asset subnetd_icon_svg, "icon.svg"

        .section .note.GNU-stack, "", %progbits
