import 'dart:convert';

import 'package:http/http.dart' as http;

Future<List<dynamic>> products(Uri shop) async {
  final answer = await http.get(shop.resolve('/api/products'));
  return (jsonDecode(answer.body) as Map<String, dynamic>)['items'] as List<dynamic>;
}
