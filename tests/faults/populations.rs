//! Populations, the simplex and the mesh.
