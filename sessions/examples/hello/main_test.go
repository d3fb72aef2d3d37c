package main

func Example() {
	main()
	// Output: sess_laptop is active
}
