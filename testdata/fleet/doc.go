// Package fleet measures what many processes of one service ask Clerk for, and what their visitors
// notice, without a store and with one in Redis: real processes behind a balancer, a real
// redis-server, and a fake Clerk that takes 20 ms for an answer. README.md has the figures.
//
// The module's path is below that of redisstore, whose internal package starts the servers.
package fleet
