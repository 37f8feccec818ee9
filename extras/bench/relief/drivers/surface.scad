// A picture as OpenSCAD's own height field. Its base always reaches 1 unit below the lowest
// part, here relief / 100 mm, and cannot be set.
picture = "";
pitch = 1;
relief = 1;

scale([pitch, pitch, relief / 100])
    surface(file = picture, center = true, invert = true);
