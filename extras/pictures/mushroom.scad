// The model on mesh.jpg, made for this project (CC0).
$fn=72;
cylinder(r1=14,r2=9,h=4);
translate([0,0,3]) cylinder(r1=7,r2=5,h=34);
translate([0,0,34]) scale([1,1,.62]) difference(){ sphere(24); translate([0,0,-30]) cube(60,center=true); translate([0,0,-2]) sphere(18);}
translate([0,0,47]) cylinder(r=1.2,h=22);
translate([0,-.15,58]) cube([14,.3,9]);
