"""The room of full 3D: from one photo or several to a mesh, by an endpoint or on this machine.

`driver` says what every remote protocol looks like from here, `registry` finds the one of an
endpoint, `courier` carries one job to it and back; `local` makes a solid without any endpoint.
"""
