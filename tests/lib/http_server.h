/* http_server.h: a small HTTP server that misbehaves on request, for tests of the client.
 *
 * It listens on a free port of 127.0.0.1 in a thread, with one more thread per connection, and what
 * it does is chosen by the path:
 *
 *   /echo            200, the request as it came (head and body)
 *   /status/N        status N, body "status N"
 *   /bytes/N         200 with Content-Length, N bytes "abcdefghij..."
 *   /chunks          three chunks "one" "two" "three", and a trailer
 *   /interim         100 and 103 first, then 200 "late"
 *   /headers/N       N headers; /head/N: one header of N bytes
 *   /once            answers and closes the connection without having said so
 *   /redirect/PORT   302 to that port on this machine, body "elsewhere"
 *   /drip/N          N bytes, one every 5 ms
 *   /silent          reads the request and says nothing
 *   /stall           head and 3 bytes of 10, then nothing
 *   /cut             head and 3 bytes of 10, then closed; /cut-chunk: in the middle of a chunk
 *   /reset           reset instead of an answer; /empty: closed instead of one
 *   /bad-chunk, /garbage, /old (HTTP/0.9)
 *
 * A connection is kept until the client closes it. server_stop ends everything.
 */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include <stdatomic.h>
#include <stddef.h>

typedef struct server server;

server *server_start(void);
void server_stop(server *s);

int server_port(const server *s);
int server_connections(server *s); /* accepted so far */
int server_requests(server *s);    /* read so far */
long long server_sent(server *s);  /* bytes of bodies written so far */
/* The last request, as it came; free it. */
char *server_last(server *s);

#endif
