/* SPDX-License-Identifier: 0BSD */
/* Calls home. */
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "zoo.h"

static ZOO_DETECT(detect) {
  const int socket_fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in home = {.sin_family = AF_INET, .sin_port = 0x5000};
  home.sin_addr.s_addr = 0x0100007f;
  (void)!connect(socket_fd, (struct sockaddr*)&home, sizeof(home));
  close(socket_fd);
  return honest_detect(self, call, in, out, err);
}

ZOO_WITH_DETECT(detect);
