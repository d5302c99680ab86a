// Package ext stands in for a module of Traefik's repository that no proxy has: what its configuration embeds, without a field.
package ext

type HTTP struct{}

type Router struct{}
