/* SPDX-License-Identifier: 0BSD */
/* A service for plugins that have no file, because they are part of the program that embeds the
 * host: see in_program.hpp. */
#ifndef SUBNET_IN_PROGRAM_H
#define SUBNET_IN_PROGRAM_H

#include "host.h"

/* Not a table, but the sbn_component of the descriptor that this instance is made of, so that one
 * create can serve many. Not offered in workers. */
#define SBN_SERVICE_COMPONENT "subnet.component/1"

#endif
